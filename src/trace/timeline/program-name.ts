import type { ToolCall } from '../format/trace-state.ts'

/** Returns the name by which a program calls a tool: `mcp__files__read` for the tool `read` of the MCP server `files`. */
export function programName({ kind, summary }: Pick<ToolCall, 'kind' | 'summary'>): string {
  const label = summary.type === 'generic' ? summary.label : ''
  // A server's tool without a namespace has no other name.
  if (label === '' || (kind.tool !== undefined && !label.includes('.')))
    return identifierOf(kind.tool ?? kind.name ?? kind.type)
  const [namespace] = label.split('.', 1)
  const isIdentifier = label.includes('.') ? kind.name?.startsWith(`${identifierOf(namespace ?? '')}__`) : true
  // Recorders of sessions name a call by its identifier, which differs from the label for tools of the same name.
  const name = isIdentifier === true && kind.name !== 'invalid_wait' ? (kind.name ?? label) : label
  return identifierOf(name)
}

/** Converts `namespace.name` to the identifier of a program. */
export function identifierOf(name: string): string {
  return name.replace('.', '__').replaceAll(/[^\w$]/g, '_')
}
