import MiniSearch from 'minisearch'
import type { CatalogueEntry } from './catalogue-entry.ts'
import { indexedWords, queryWords } from './search-words.ts'
import { sourceNameOf } from './source-name.ts'
import type { Tool } from './tool.ts'

/** Maximum length of indexed text and of a query, in characters. */
const maxIndexedText = 4096
const maxQuery = 1000
const maxTerms = 32
/** Maximum number of indexed argument names; they often state the purpose of a tool. */
const maxArguments = 64

type Document = { readonly id: number; readonly name: string; readonly description: string; readonly input: string }

/** Tools ranked by their match with a query (BM25). Equal ones are in the order of their names. */
export class ToolIndex {
  readonly #entries: readonly CatalogueEntry[]
  readonly #index = new MiniSearch<Document>({ fields: ['name', 'description', 'input'], tokenize: indexedWords })

  constructor(entries: readonly CatalogueEntry[]) {
    this.#entries = entries
    this.#index.addAll(entries.map((entry, id) => documentOf(entry, id)))
  }

  search(query: string, limit: number): readonly CatalogueEntry[] {
    const terms = [...new Set(queryWords(query.slice(0, maxQuery)))].slice(0, maxTerms).join(' ')
    const found = this.#index.search(terms, {
      tokenize: (text) => text.split(' ').filter((term) => term !== ''),
      boost: { name: 3, input: 0.5 },
      // Short words are prefixes of, and similar to, too many others.
      prefix: (term) => term.length > 2,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
    })
    return found
      .flatMap(({ id, score }) => {
        const entry = this.#entries[Number(id)]
        return entry === undefined ? [] : [{ entry, score }]
      })
      .sort((a, b) => b.score - a.score || (a.entry.identifier < b.entry.identifier ? -1 : 1))
      .slice(0, limit)
      .map(({ entry }) => entry)
  }
}

function documentOf({ identifier, tool }: CatalogueEntry, id: number): Document {
  return {
    id,
    name: [identifier, (tool.annotations?.title ?? '').slice(0, maxIndexedText), ...sourceWords(identifier, tool)].join(
      ' ',
    ),
    description: (tool.description ?? '').slice(0, maxIndexedText),
    input: argumentNames(tool.inputSchema).join(' ').slice(0, maxIndexedText),
  }
}

/** Returns the words of the names as the server spells them that the identifier does not have. */
function sourceWords(identifier: string, tool: Tool): readonly string[] {
  if (sourceNameOf(identifier, tool) === null) return []
  const known = new Set(indexedWords(identifier))
  const names = `${tool.name} ${tool.server ?? tool.namespace ?? ''}`.slice(0, maxIndexedText)
  return indexedWords(names).filter((word) => !known.has(word))
}

function argumentNames(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return []
  const { properties } = schema
  return typeof properties === 'object' && properties !== null ? Object.keys(properties).slice(0, maxArguments) : []
}
