import type { ViewEntry, ViewItem } from '../../../src/trace/view/view-data.ts'
import { cellOf, kindOf, type Model } from '../data/model.ts'
import { search } from '../data/search.ts'

export const tabs = ['cells', 'everything', 'slowest', 'errors'] as const
export type Tab = (typeof tabs)[number]

/** A row of the list: an entry, or a message that a search found. */
export type ListRow = {
  readonly key: string
  readonly entry: ViewEntry | null
  readonly item: ViewItem | null
  readonly isIndented: boolean
  readonly isOpen: boolean | null
  /** The text around a search result. */
  readonly around: string | null
}

export type ListChoice = {
  readonly tab: Tab
  readonly query: string
  readonly threadId: string | null
  /** Ids of the cells whose calls are listed. */
  readonly open: ReadonlySet<string>
}

/** Returns the rows of the list: the search results, or those of the tab. */
export function listRows(model: Model, { tab, query, threadId, open }: ListChoice): readonly ListRow[] {
  const isOfThread = (entry: ViewEntry): boolean => threadId === null || entry.thread === threadId
  if (query.trim() !== '') {
    return search(model, query)
      .filter(({ threadId: id }) => threadId === null || id === threadId)
      .map(({ entry, item, around }) => ({
        key: entry?.id ?? item?.id ?? '',
        entry,
        item,
        isIndented: false,
        isOpen: null,
        around,
      }))
  }
  switch (tab) {
    case 'everything':
      return model.entries.filter(isOfThread).map(plain)
    case 'slowest':
      return model.slowest.filter(isOfThread).map(plain)
    case 'errors':
      return model.entries.filter((entry) => entry.isError && isOfThread(entry)).map(plain)
    case 'cells':
      return model.entries
        .filter((entry) => isOfThread(entry) && isOutermost(model, entry))
        .flatMap((entry) => withChildren(model, entry, open))
    default:
      return tab satisfies never
  }
}

/** A cell, or a call or wait that does not belong to one. */
function isOutermost(model: Model, entry: ViewEntry): boolean {
  const kind = kindOf(entry)
  return kind === 'cell' || ((kind === 'call' || kind === 'wait') && cellOf(model, entry) === null)
}

function plain(entry: ViewEntry): ListRow {
  return { key: entry.id, entry, item: null, isIndented: false, isOpen: null, around: null }
}

function withChildren(model: Model, entry: ViewEntry, open: ReadonlySet<string>): readonly ListRow[] {
  const children = model.children.get(entry.id) ?? []
  if (children.length === 0) return [plain(entry)]
  const isOpen = open.has(entry.id)
  const below = isOpen ? children.map((child) => ({ ...plain(child), isIndented: true })) : []
  return [{ ...plain(entry), isOpen }, ...below]
}
