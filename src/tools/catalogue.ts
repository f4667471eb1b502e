import { CodecellError } from '../errors.ts'
import { CatalogueEntry } from './catalogue-entry.ts'
import { nameTools } from './identifiers.ts'
import { resolveTools } from './resolve-tool.ts'
import type { Tool, ToolCaller } from './tool.ts'
import { ToolIndex } from './tool-index.ts'
import { toolSearchTool } from './tool-search.ts'
import { writeSections, type WrittenSection } from './validation/write-sections.ts'
import { checkOptions } from '../options/check-options.ts'

const searchName = 'tool_search'

export type CatalogueOptions = {
  /**
   * How many tokens (four bytes each) the declarations in the description of `exec` may take; the tools that do not fit
   * are deferred. Default: 2,000.
   */
  readonly declarationTokens?: number
}

/** The tools of a session, frozen: what `ALL_TOOLS` lists, what can be called, and nothing else. */
export type Catalogue = {
  /** The nested tools, `tool_search` too where there is one, sorted by identifier. */
  readonly entries: readonly CatalogueEntry[]
  /** What the model may call itself, sorted. In a door that offers `exec` and `wait` alone: those that are not nested. */
  readonly direct: readonly CatalogueEntry[]
  /** What the description of `exec` says about single tools: those within the budget, the same in any order of tools. */
  readonly sections: readonly WrittenSection[]
  /** The nested tools that it does not write out. */
  readonly deferred: readonly CatalogueEntry[]
  /** The tool behind an identifier, or undefined. */
  readonly find: (identifier: string) => Tool | undefined
  /** The nested tools that fit some words best, best first. The index is built by the first search. */
  readonly search: (query: string, limit: number) => readonly CatalogueEntry[]
  /** JSON text of `ALL_TOOLS`, made when it is first asked for. */
  readonly json: string
}

/**
 * Builds the catalogue from tools that may come from anywhere: names become identifiers that differ, texts are quoted and
 * bounded. `exec` and `wait` are never nested; of two tools with the same namespace and name the first stays; tools whose
 * names differ but come to the same identifier all get a suffix made from their raw names. Where tools are deferred there
 * is a tool `tool_search`, unless a tool of that name was given. Throws `INVALID_OPTION` for a bad budget.
 */
export function createCatalogue(tools: readonly Tool[], options: CatalogueOptions = {}): Catalogue {
  checkOptions<CatalogueOptions>('createCatalogue', options, { declarationTokens: 'any' })
  const { declarationTokens = 2000 } = options
  if (!Number.isSafeInteger(declarationTokens) || declarationTokens < 0) {
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot declare tools in ${declarationTokens} tokens: a whole number from 0 on is expected`,
    )
  }
  const all = [...nameTools(resolveTools(tools))]
    .map(([identifier, tool]) => new CatalogueEntry(identifier, tool))
    .sort(byIdentifier)
  const nested = all.filter(({ tool }) => mayCall('code', tool))
  const { sections, deferred } = writeSections(nested, declarationTokens * 4)
  const search = searchOf([...nested])
  if (deferred.length > 0 && !all.some(({ identifier }) => identifier === searchName)) {
    nested.push(new CatalogueEntry(searchName, toolSearchTool(searchName, search)))
    nested.sort(byIdentifier)
  }
  const byName = new Map(nested.map(({ identifier, tool }) => [identifier, tool]))
  let json: string | null = null
  return Object.freeze({
    entries: Object.freeze(nested),
    direct: Object.freeze(all.filter(({ tool }) => mayCall('direct', tool))),
    sections: Object.freeze(sections),
    deferred: Object.freeze(deferred),
    find: (identifier: string) => byName.get(identifier),
    search,
    get json() {
      json ??= JSON.stringify(nested.map(({ identifier, description }) => ({ name: identifier, description })))
      return json
    },
  })
}

function searchOf(entries: readonly CatalogueEntry[]): Catalogue['search'] {
  let index: ToolIndex | null = null
  return (query, limit) => {
    index ??= new ToolIndex(entries)
    return index.search(query, limit)
  }
}

function mayCall(caller: ToolCaller, { allowedCallers }: Tool): boolean {
  return allowedCallers === undefined || allowedCallers.includes(caller)
}

function byIdentifier(a: CatalogueEntry, b: CatalogueEntry): number {
  return a.identifier < b.identifier ? -1 : 1
}
