import { sha1Of } from '../platform/hash.ts'
import { joinName, normalizeName } from './names.ts'
import type { Tool } from './tool.ts'

/** Maximum length of an identifier, whatever the names of a server. */
const maxLength = 256

/**
 * Returns the identifier of every tool. `exec` and `wait` are never nested. Of two tools with the same namespace and
 * name the first stays. Tools with different names but the same identifier all get a suffix: the name of their
 * namespace with its signs spelled out if the namespaces differ, else a hash of their raw names. None of them keeps the
 * plain identifier, so that a program never calls the wrong one.
 */
export function nameTools(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const groups = groupByIdentifier(tools)
  const named = new Map<string, Tool>()
  // Plain identifiers first, so that no suffix can take one of them.
  for (const [identifier, [only, ...others]] of groups) {
    if (only !== undefined && others.length === 0) named.set(identifier, only)
  }
  const wanted = [...groups].flatMap(([identifier, group]) => (group.length > 1 ? suffixed(identifier, group) : []))
  const uses = Map.groupBy(wanted, ({ identifier }) => identifier)
  for (const { identifier, tool, isReadable } of wanted) {
    const isFree = isReadable && uses.get(identifier)?.length === 1 && !groups.has(identifier)
    named.set(isFree ? identifier : hashed(identifier, tool, groups), tool)
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

/** The raw names of a tool. */
type RawNames = Pick<Tool, 'namespace' | 'name'>

/** Returns the identifier of a tool that shares it with no other. */
export function identifierOf(tool: RawNames): string {
  const joined = joinName(tool.namespace ?? null, tool.name)
  const identifier = normalizeName(joined.slice(0, maxLength + 1))
  return joined.length <= maxLength ? identifier : `${identifier.slice(0, maxLength - 13)}_${hashOf(tool).slice(0, 12)}`
}

/** Returns the identifiers that a tool can have. The other tools of the catalogue decide which one. */
export function possibleIdentifiersOf(tool: RawNames): readonly string[] {
  const identifier = identifierOf(tool)
  const spelled = spelledIdentifier(identifier, tool)
  return [identifier, ...(spelled === null ? [] : [spelled]), ...hashedIdentifiers(identifier, tool)]
}

type Suffixed = { readonly identifier: string; readonly tool: Tool; readonly isReadable: boolean }

/** Returns the tools of one identifier, with the names of their namespaces if those differ. */
function suffixed(identifier: string, group: readonly Tool[]): readonly Suffixed[] {
  const namespaces = new Set(group.map(({ namespace }) => namespace ?? ''))
  return group.map((tool) => {
    const spelled = namespaces.size > 1 ? spelledIdentifier(identifier, tool) : null
    return { identifier: spelled ?? identifier, tool, isReadable: spelled !== null }
  })
}

/** Returns the identifier with the name of the namespace as a suffix; null if that is not readable. */
function spelledIdentifier(identifier: string, { namespace }: RawNames): string | null {
  const spelled = spelledOut(namespace ?? '')
  return spelled === null ? null : `${identifier.slice(0, maxLength - spelled.length - 42)}_${spelled}`
}

function hashed(identifier: string, tool: Tool, taken: ReadonlyMap<string, unknown>): string {
  const [short, long] = hashedIdentifiers(identifier, tool)
  return taken.has(short) ? long : short
}

/** Returns the identifier with a short and with a long hash as a suffix. */
function hashedIdentifiers(identifier: string, tool: RawNames): readonly [short: string, long: string] {
  const hash = hashOf(tool)
  const stem = identifier.slice(0, maxLength - 41)
  return [`${stem}_${hash.slice(0, 12)}`, `${stem}_${hash}`]
}

/** Maximum length of a namespace in a suffix. */
const maxSpelled = 64

const signs: Readonly<Record<string, string>> = {
  '-': 'dash',
  '.': 'dot',
  '/': 'slash',
  ' ': 'space',
  '@': 'at',
  ':': 'colon',
  '+': 'plus',
  '&': 'and',
  '#': 'hash',
}

/** Returns a namespace with words for its signs: `my_dash_server` for `my-server`. Null if that is not readable. */
function spelledOut(namespace: string): string | null {
  const name = namespace.replace(/^mcp__/, '')
  if (!/^[\w\-./ @:+&#]+$/.test(name)) return null
  const spelled = name.replaceAll(/\W/g, (sign) => `_${signs[sign] ?? ''}_`)
  return spelled.length <= maxSpelled ? spelled : null
}

function hashOf(tool: RawNames): string {
  return sha1Of(rawIdentity(tool))
}

/** Returns the raw names of a tool as one string. */
export function rawIdentity(tool: RawNames): string {
  return `${tool.namespace ?? ''}\0${tool.name}`
}
