import { CodecellError } from '../errors.ts'
import { DescribedTool, type CatalogueEntry } from './catalogue-entry.ts'
import { nameTools } from './identifiers.ts'
import { resolveTools } from './resolve-tool.ts'
import type { Tool, ToolCaller } from './tool.ts'
import { ToolIndex } from './tool-index.ts'
import { toolSearchTool } from './tool-search.ts'
import { writeSections, type CatalogueSection } from './write-sections.ts'
import { checkOptions } from '../options/check-options.ts'

const searchName = 'tool_search'

export type CatalogueOptions = {
  /**
   * Maximum size of the declarations in the description of `exec`, in tokens of four bytes. The tools that do not fit
   * are deferred.
   *
   * @default 2000
   */
  readonly declarationTokens?: number
}

/** The tools of a session, frozen. */
export type Catalogue = {
  /** The nested tools, including `tool_search` if present, sorted by identifier. */
  readonly entries: readonly CatalogueEntry[]
  /**
   * The tools that the model may call itself, sorted. In an integration that offers only `exec` and `wait`: the tools
   * that are not nested.
   */
  readonly direct: readonly CatalogueEntry[]
  /** The declarations in the description of `exec`: those within the budget, independent of the order of tools. */
  readonly sections: readonly CatalogueSection[]
  /** The nested tools without a declaration in the description of `exec`. */
  readonly deferred: readonly CatalogueEntry[]
  /** Returns the tool with an identifier, or undefined. */
  readonly find: (identifier: string) => Tool | undefined
  /** Returns the nested tools that match a query best, in descending order. The first search builds the index. */
  readonly search: (query: string, limit: number) => readonly CatalogueEntry[]
  /** JSON of `ALL_TOOLS`, built on first use. */
  readonly json: string
}

/**
 * Builds the catalogue of untrusted tools. Names become distinct identifiers; descriptions are quoted and truncated.
 * `exec` and `wait` are never nested. Of two tools with the same namespace and name the first stays. Tools with
 * different names but the same identifier all get a suffix derived from their raw names. If tools are deferred, a tool
 * `tool_search` is added, unless a tool of that name exists.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an invalid budget
 */
export function createCatalogue(tools: readonly Tool[], options: CatalogueOptions = {}): Catalogue {
  checkOptions<CatalogueOptions>('createCatalogue', options, { declarationTokens: 'any' })
  const { declarationTokens = 2000 } = options
  if (!Number.isSafeInteger(declarationTokens) || declarationTokens < 0) {
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot declare tools in ${declarationTokens} tokens: expected a non-negative integer`,
      { details: { option: 'declarationTokens', value: declarationTokens, expected: 'a non-negative integer' } },
    )
  }
  const all = [...nameTools(resolveTools(tools))]
    .map(([identifier, tool]) => new DescribedTool(identifier, tool))
    .sort(byIdentifier)
  const nested = all.filter(({ tool }) => mayCall('code', tool))
  const { sections, deferred } = writeSections(nested, declarationTokens * 4)
  const search = searchOf([...nested])
  if (deferred.length > 0 && !all.some(({ identifier }) => identifier === searchName)) {
    nested.push(new DescribedTool(searchName, toolSearchTool(searchName, search)))
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
