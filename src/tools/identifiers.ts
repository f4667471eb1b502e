import { createHash } from 'node:crypto'
import { joinName, normalizeName } from './names.ts'
import type { Tool } from './tool.ts'

/** Maximum length of an identifier, whatever the names of a server. */
const maxLength = 256

/**
 * Returns the identifier of every tool. `exec` and `wait` are never nested. Of two tools with the same namespace and
 * name the first stays. Tools with different names but the same identifier all get a suffix derived from their raw
 * names.
 */
export function nameTools(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const groups = groupByIdentifier(tools)
  const named = new Map<string, Tool>()
  // Plain identifiers first, so that no suffix can take one of them.
  for (const [identifier, [only, ...others]] of groups) {
    if (only !== undefined && others.length === 0) named.set(identifier, only)
  }
  for (const [identifier, group] of groups) {
    if (group.length > 1) for (const tool of group) named.set(suffixed(identifier, tool, groups), tool)
  }
  return named
}

function groupByIdentifier(tools: readonly Tool[]): Map<string, Tool[]> {
  const groups = new Map<string, Tool[]>()
  const known = new Set<string>()
  for (const tool of tools) {
    const raw = rawIdentity(tool)
    if (known.has(raw)) continue
    known.add(raw)
    const identifier = identifierOf(tool)
    if (identifier === 'exec' || identifier === 'wait') continue
    const group = groups.get(identifier)
    if (group === undefined) groups.set(identifier, [tool])
    else group.push(tool)
  }
  return groups
}

function identifierOf(tool: Tool): string {
  const joined = joinName(tool.namespace ?? null, tool.name)
  const identifier = normalizeName(joined.slice(0, maxLength + 1))
  return joined.length <= maxLength ? identifier : `${identifier.slice(0, maxLength - 13)}_${hashOf(tool).slice(0, 12)}`
}

function suffixed(identifier: string, tool: Tool, taken: ReadonlyMap<string, unknown>): string {
  const hash = hashOf(tool)
  const stem = identifier.slice(0, maxLength - 41)
  const short = `${stem}_${hash.slice(0, 12)}`
  return taken.has(short) ? `${stem}_${hash}` : short
}

function hashOf(tool: Tool): string {
  return createHash('sha1').update(rawIdentity(tool)).digest('hex')
}

function rawIdentity(tool: Tool): string {
  return `${tool.namespace ?? ''}\0${tool.name}`
}
