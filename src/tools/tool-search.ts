import { isRecord } from '../protocol/json.ts'
import type { CatalogueEntry } from './catalogue-entry.ts'
import type { Tool } from './tool.ts'

const defaultLimit = 8
/** Maximum number of results. */
const maxResults = 100

/** Returns the tool that finds tools (CM-K25). */
export function toolSearchTool(
  name: string,
  search: (query: string, limit: number) => readonly CatalogueEntry[],
): Tool {
  return {
    name,
    description:
      'Searches all nested tools by keywords and returns the best matches first. Call a match as `tools[name](args)`; its description has its declaration.',
    inputSchema: {
      type: 'object',
      properties: { query: { type: 'string' }, limit: { type: 'number' } },
      required: ['query'],
      additionalProperties: false,
    },
    outputSchema: {
      type: 'object',
      properties: {
        tools: {
          type: 'array',
          items: {
            type: 'object',
            properties: { name: { type: 'string' }, description: { type: 'string' } },
            required: ['name', 'description'],
          },
        },
      },
      required: ['tools'],
    },
    annotations: { readOnlyHint: true },
    call(input) {
      const { query, limit } = parseSearch(input)
      const found = search(query, Math.min(limit, maxResults))
      return { tools: found.map(({ identifier, description }) => ({ name: identifier, description })) }
    },
  }
}

/** Parses the arguments. The texts of its errors are those of the reference where it has them. */
function parseSearch(input: unknown): { readonly query: string; readonly limit: number } {
  const { query, limit } = isRecord(input) ? { query: input['query'], limit: input['limit'] ?? defaultLimit } : {}
  if (query === undefined) throw argumentsError('missing field `query`')
  if (typeof query !== 'string') throw argumentsError('`query` must be a string')
  if (typeof limit !== 'number' || !Number.isSafeInteger(limit) || limit < 0) {
    throw argumentsError('`limit` must be an integer')
  }
  if (query.trim() === '') throw new TypeError('query must not be empty')
  if (limit === 0) throw new TypeError('limit must be greater than zero')
  return { query, limit }
}

function argumentsError(what: string): TypeError {
  return new TypeError(`failed to parse function arguments: ${what}`)
}
