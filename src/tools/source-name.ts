import { escapeInvisible } from '../text/escape-invisible.ts'
import { joinName, normalizeName } from './names.ts'
import type { Tool } from './tool.ts'

/** Maximum length of a name, in characters. */
const maxName = 96

/** Maximum length of names that an identifier can consist of; a character can take two code units. */
const maxJoined = 512

/**
 * Returns the name of a tool as its server spells it, and that of the server if the identifier changes it or has a
 * suffix: e.g. `"读取文件"`, or `"echo" of server "my-server"`. Null if the identifier consists of the names, unchanged.
 */
export function sourceNameOf(identifier: string, { name, namespace, server }: Tool): string | null {
  const joined = joinName(namespace ?? null, name)
  if (identifier === joined) return null
  const isWhole = joined.length <= maxJoined && identifier === normalizeName(joined)
  const isNamespaceShown = isWhole && normalizeName(namespace ?? '_') === (namespace ?? '_')
  if (isNamespaceShown) return quoted(name)
  if (server !== undefined) return `${quoted(name)} of server ${quoted(server)}`
  return namespace === undefined || namespace === null || namespace === ''
    ? quoted(name)
    : `${quoted(name)} in namespace ${quoted(namespace)}`
}

function quoted(name: string): string {
  const cut = name.length > maxName ? `${name.slice(0, maxName - 1)}…` : name
  return escapeInvisible(JSON.stringify(cut.toWellFormed()))
}

/** Returns the description of a tool that the model calls itself, with the name that its server uses. */
export function describedWithSource(name: string, tool: Tool): string | undefined {
  const source = sourceNameOf(name, tool)
  if (source === null) return tool.description
  return tool.description === undefined ? `Tool ${source}` : `${tool.description}\n\nTool ${source}`
}
