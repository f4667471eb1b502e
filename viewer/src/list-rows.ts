import { isFailed, type Entry, type Model } from './model.ts'
import { search } from './search.ts'

export const tabs = ['cells', 'everything', 'slowest', 'errors', 'conversation'] as const
export type Tab = (typeof tabs)[number]

export type ListRow = {
  readonly entry: Entry
  readonly isIndented: boolean
  readonly isOpen: boolean | null
  /** The text that was found, when something was looked for. */
  readonly around: string | null
}

export type ListChoice = {
  readonly tab: Tab
  readonly query: string
  readonly threadId: string | null
  /** Keys of the cells whose calls are listed. */
  readonly open: ReadonlySet<string>
}

/** The rows of the list at the left: what was looked for, or else what the tab has. */
export function listRows(model: Model, { tab, query, threadId, open }: ListChoice): readonly ListRow[] {
  const isOfThread = (entry: Entry): boolean => threadId === null || entry.threadId === threadId
  if (query.trim() !== '') {
    return search(model, query)
      .filter(({ entry }) => isOfThread(entry))
      .map(({ entry, around }) => ({ ...plain(entry), around }))
  }
  switch (tab) {
    case 'everything':
      return model.entries.filter(isOfThread).map(plain)
    case 'slowest':
      return model.slowest.filter(isOfThread).map(plain)
    case 'errors':
      return model.entries.filter((entry) => isFailed(entry.status) && isOfThread(entry)).map(plain)
    case 'cells':
    case 'conversation':
      return model.entries
        .filter(
          (entry) => entry.parent === null && (entry.type === 'cell' || entry.type === 'call') && isOfThread(entry),
        )
        .flatMap((entry) => withChildren(model, entry, open))
    default:
      return tab satisfies never
  }
}

function plain(entry: Entry): ListRow {
  return { entry, isIndented: false, isOpen: null, around: null }
}

function withChildren(model: Model, entry: Entry, open: ReadonlySet<string>): readonly ListRow[] {
  const children = model.children.get(entry.key) ?? []
  if (children.length === 0) return [plain(entry)]
  const isOpen = open.has(entry.key)
  const below = isOpen ? children.map((child) => ({ ...plain(child), isIndented: true })) : []
  return [{ ...plain(entry), isOpen }, ...below]
}
