import { cellGlobals } from './cell-globals.ts'
import { declareTool, type DeclaredTool } from './render-tool.ts'
import { sharedMcpTypes } from './shared-mcp-types.ts'

/**
 * One declaration file for everything that a cell can name: its globals, the shared types, and `tools` with every tool of a
 * catalogue. A result of which nothing is known has any type, so that a checker finds no fault with correct cells.
 */
export function declarationFile(entries: readonly DeclaredTool[]): string {
  const tools = entries.map((entry) => declareTool(entry, { typePrefix: entry.identifier, unknownResult: 'any' }))
  const named = tools.flatMap((tool) => tool.named)
  const members = tools.map(({ signature }) => signature)
  return [sharedMcpTypes, cellGlobals, ...named, 'declare const tools: {', ...members, '};\n'].join('\n')
}
