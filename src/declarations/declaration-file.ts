import { cellGlobals } from './cell-globals.ts'
import { renderInput, renderOutput, type DeclaredTool } from './render-tool.ts'
import { sharedMcpTypes } from './shared-mcp-types.ts'

/**
 * One declaration file for everything that a cell can name: its globals, the shared types, and `tools` with every tool of a
 * catalogue. A result of which nothing is known has any type, so that a checker finds no fault with correct cells.
 */
export function declarationFile(entries: readonly DeclaredTool[]): string {
  const members = entries.map((entry) => {
    const argument = entry.kind === 'freeform' ? 'input: string' : `args: ${renderInput(entry.inputSchema)}`
    const output = renderOutput(entry.outputSchema)
    return `${entry.identifier}(${argument}): Promise<${output === 'unknown' ? 'any' : output}>;`
  })
  return `${sharedMcpTypes}\n${cellGlobals}\ndeclare const tools: {\n${members.join('\n')}\n};\n`
}
