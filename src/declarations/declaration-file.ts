import { cellGlobals } from './cell-globals.ts'
import { declareTool, type DeclaredTool } from './render-tool.ts'
import { sharedMcpTypes } from './shared-mcp-types.ts'

/**
 * Returns one declaration file with the globals of a cell, the shared types, and `tools` with every tool of a
 * catalogue. Unknown results have the type `any`, so correct programs have no type errors.
 */
export function declarationFile(entries: readonly DeclaredTool[]): string {
  const tools = entries.map((entry) => declareTool(entry, { typePrefix: entry.identifier, unknownResult: 'any' }))
  const named = tools.flatMap((tool) => tool.named)
  const members = tools.map(({ signature }) => signature)
  return [sharedMcpTypes, cellGlobals, ...named, 'declare const tools: {', ...members, '};\n'].join('\n')
}
