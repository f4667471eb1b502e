import { createHash } from 'node:crypto'
import { augmentedDescription } from '../declarations/render-tool.ts'
import { joinName, normalizeName } from './names.ts'
import type { Tool } from './tool.ts'

/** One tool as cells reach it: `tools.<identifier>`. */
export type CatalogueEntry = { readonly identifier: string; readonly tool: Tool; readonly description: string }

/** The tools of a session, frozen: what `ALL_TOOLS` lists, what can be called, and nothing else. */
export type Catalogue = {
  /** Sorted by identifier. */
  readonly entries: readonly CatalogueEntry[]
  /** The tool behind an identifier, or undefined. */
  find(identifier: string): Tool | undefined
  /** JSON text of `ALL_TOOLS`. */
  readonly json: string
}

/**
 * Builds the catalogue. `exec` and `wait` are never nested; of two tools with the same namespace and name the first stays;
 * tools whose names differ but come to the same identifier all get a suffix made from their raw names.
 */
export function createCatalogue(tools: readonly Tool[]): Catalogue {
  const byIdentifier = new Map<string, Tool>()
  for (const [identifier, group] of groupByIdentifier(tools)) {
    const [only, ...others] = group
    if (only !== undefined && others.length === 0) byIdentifier.set(identifier, only)
    else for (const tool of group) byIdentifier.set(suffixed(identifier, tool, byIdentifier), tool)
  }
  const entries = [...byIdentifier]
    .map(([identifier, tool]) => ({ identifier, tool, description: describe(identifier, tool) }))
    .sort((a, b) => (a.identifier < b.identifier ? -1 : 1))
  return {
    entries,
    find: (identifier) => byIdentifier.get(identifier),
    json: JSON.stringify(entries.map(({ identifier, description }) => ({ name: identifier, description }))),
  }
}

function describe(
  identifier: string,
  { kind = 'function', description = '', inputSchema, outputSchema }: Tool,
): string {
  return augmentedDescription({ identifier, kind, description, inputSchema, outputSchema })
}

function groupByIdentifier(tools: readonly Tool[]): Map<string, Tool[]> {
  const groups = new Map<string, Tool[]>()
  const known = new Set<string>()
  for (const tool of tools) {
    const raw = rawIdentity(tool)
    if (known.has(raw)) continue
    known.add(raw)
    const identifier = normalizeName(joinName(tool.namespace ?? null, tool.name))
    if (identifier === 'exec' || identifier === 'wait') continue
    const group = groups.get(identifier)
    if (group === undefined) groups.set(identifier, [tool])
    else group.push(tool)
  }
  return groups
}

function suffixed(identifier: string, tool: Tool, taken: ReadonlyMap<string, Tool>): string {
  const hash = createHash('sha1').update(rawIdentity(tool)).digest('hex')
  const short = `${identifier}_${hash.slice(0, 12)}`
  return taken.has(short) ? `${identifier}_${hash}` : short
}

function rawIdentity(tool: Tool): string {
  return `${tool.namespace ?? ''}\0${tool.name}`
}
