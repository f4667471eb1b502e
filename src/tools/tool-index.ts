import MiniSearch from 'minisearch'
import type { CatalogueEntry } from './catalogue-entry.ts'

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
  readonly #index = new MiniSearch<Document>({ fields: ['name', 'description', 'input'], tokenize: wordsOf })

  constructor(entries: readonly CatalogueEntry[]) {
    this.#entries = entries
    this.#index.addAll(entries.map((entry, id) => documentOf(entry, id)))
  }

  search(query: string, limit: number): readonly CatalogueEntry[] {
    const terms = [...new Set(wordsOf(query.slice(0, maxQuery)))].slice(0, maxTerms).join(' ')
    const found = this.#index.search(terms, {
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
    name: `${identifier} ${(tool.annotations?.title ?? '').slice(0, maxIndexedText)}`,
    description: (tool.description ?? '').slice(0, maxIndexedText),
    input: argumentNames(tool.inputSchema).join(' ').slice(0, maxIndexedText),
  }
}

function argumentNames(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return []
  const { properties } = schema
  return typeof properties === 'object' && properties !== null ? Object.keys(properties).slice(0, maxArguments) : []
}

/** Splits text into words, including those inside `snake_case`, `camelCase` and `HTMLPage2`. */
function wordsOf(text: string): string[] {
  return text
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((word) => word !== '')
}
