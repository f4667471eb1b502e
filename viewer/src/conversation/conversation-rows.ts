import type { ViewCompaction, ViewEntry, ViewItem, ViewRequest } from '../../../src/trace/view/view-data.ts'
import type { Model } from '../data/model.ts'

/** A row of the conversation of a thread. */
export type ConversationRow =
  | { readonly type: 'turn'; readonly key: string; readonly entry: ViewEntry; readonly number: number }
  | {
      readonly type: 'request'
      readonly key: string
      readonly request: ViewRequest
      readonly entry: ViewEntry
      readonly number: number
    }
  | { readonly type: 'compaction'; readonly key: string; readonly compaction: ViewCompaction }
  | { readonly type: 'item'; readonly key: string; readonly item: ViewItem }

/**
 * Returns the conversation of a thread: each request with the items that were new in it, then those of its response. Items that no
 * request has are placed by their times.
 */
export function conversationRows(model: Model, threadId: string): readonly ConversationRow[] {
  const rows: ConversationRow[] = []
  const seen = new Set<string>()
  const { data, items } = model
  const requests = data.requests.filter((request) => request.threadId === threadId)
  const named = new Set(requests.flatMap(({ added, response }) => [...added, ...response]))
  const others = data.items.filter(
    (item) => item.threadId === threadId && !named.has(item.id) && item.kind !== 'compaction_marker',
  )
  const compactions = data.compactions.filter((compaction) => compaction.threadId === threadId)
  const turns = new TurnRows(model, rows)
  const addItem = (item: ViewItem | undefined): void => {
    if (item === undefined || seen.has(item.id)) return
    seen.add(item.id)
    turns.add(item.turnId === null ? null : `turn:${item.turnId}`)
    rows.push({ type: 'item', key: item.id, item })
  }
  const pending = [...others, ...compactions].toSorted((one, other) => one.at - other.at)
  let next = 0
  const addUntil = (at: number): void => {
    for (let each = pending[next]; each !== undefined && !(each.at > at); each = pending[++next]) {
      if ('kind' in each) addItem(each)
      else rows.push({ type: 'compaction', key: `compaction ${each.id}`, compaction: each })
    }
  }
  let number = 0
  for (const request of requests) {
    const entry = request.entry === null ? undefined : model.byId.get(request.entry)
    if (entry !== undefined) {
      addUntil(entry.start)
      turns.add(entry.parent)
      rows.push({ type: 'request', key: entry.id, request, entry, number: ++number })
    }
    for (const id of [...request.added, ...request.response]) addItem(items.get(id))
  }
  addUntil(Infinity)
  return rows
}

/** Adds a row when another turn begins. */
class TurnRows {
  readonly #model: Model
  readonly #rows: ConversationRow[]
  readonly #added = new Set<string>()

  constructor(model: Model, rows: ConversationRow[]) {
    this.#model = model
    this.#rows = rows
  }

  add(id: string | null): void {
    const entry = id === null || this.#added.has(id) ? undefined : this.#model.byId.get(id)
    if (entry?.type !== 'turn') return
    this.#added.add(entry.id)
    this.#rows.push({ type: 'turn', key: entry.id, entry, number: this.#added.size })
  }
}

/**
 * Returns the ids of all items that a request had, in their order; null if the data does not have them. A request repeats the
 * beginning of the context before it.
 */
export function contextOf({ data }: Model, request: ViewRequest): readonly string[] | null {
  let context: readonly string[] = []
  for (const each of data.requests) {
    if (each.threadId !== request.threadId) continue
    if (each.rest === null) return null
    const items = [...context.slice(0, each.kept), ...each.rest]
    if (each.id === request.id) return items
    context = [...items, ...each.response]
  }
  return null
}
