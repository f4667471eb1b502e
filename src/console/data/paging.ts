import { CodecellError } from '../../errors.ts'
import type { Page } from '../api.ts'

const defaultLimit = 50
const maxLimit = 200

/** The parameters of a request. */
export type Query = {
  readonly text: (name: string) => string
  readonly number: (name: string) => number | null
}

/** Reads the parameters of a URL. A parameter has at most 2,000 characters. */
export function queryOf(parameters: URLSearchParams): Query {
  const text = (name: string): string => {
    const value = parameters.get(name) ?? ''
    if (value.length > 2000) throw badRequest(`expected at most 2000 characters as "${name}"`)
    return value
  }
  const number = (name: string): number | null => {
    const value = text(name)
    if (value === '') return null
    if (!/^\d{1,15}$/.test(value))
      throw badRequest(`expected a non-negative integer as "${name}", got ${JSON.stringify(value.slice(0, 40))}`)
    return Number(value)
  }
  return { text, number }
}

/** The position of an item in its list. Items are in descending order of `at`, then in ascending order of `name`. */
export type Position = { readonly at: number; readonly name: string }

/** Returns one page of items that are in the order of their positions. */
export function pageOf<Item>(items: readonly Item[], positionOf: (item: Item) => Position, query: Query): Page<Item> {
  const limit = query.number('limit') ?? defaultLimit
  if (limit < 1 || limit > maxLimit)
    throw badRequest(`expected an integer from 1 to ${maxLimit} as "limit", got ${limit}`)
  const after = query.text('cursor') === '' ? null : parseCursor(query.text('cursor'))
  const start = after === null ? 0 : firstBehind(items, positionOf, after)
  const page = items.slice(start, start + limit)
  const last = page.at(-1)
  const hasMore = start + limit < items.length
  return {
    items: page,
    total: items.length,
    nextCursor: hasMore && last !== undefined ? cursorOf(positionOf(last)) : null,
  }
}

/** Compares positions for `toSorted`. */
export function comparePositions(left: Position, right: Position): number {
  if (left.at !== right.at) return right.at - left.at
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0
}

function firstBehind<Item>(items: readonly Item[], positionOf: (item: Item) => Position, after: Position): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && comparePositions(positionOf(item), after) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

function cursorOf({ at, name }: Position): string {
  return Buffer.from(JSON.stringify([at, name])).toString('base64url')
}

function parseCursor(cursor: string): Position {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'string') {
      return { at: value[0], name: value[1] }
    }
  } catch {
    // The error below has the reason.
  }
  throw badRequest('expected the "nextCursor" of a page as "cursor"')
}

/** Returns the error for a request that the page does not make. */
export function badRequest(reason: string): CodecellError {
  return new CodecellError('INVALID_OPTION', `Cannot handle the request: ${reason}`)
}
