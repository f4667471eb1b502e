import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { listRows, type ListRow, type Tab } from './list/list-rows.ts'
import { cellOf, type Model } from './data/model.ts'
import { fragmentOf, parseFragment, showFragment, type Address, type View } from './page/address.ts'

type AppState = {
  readonly view: View
  /** The half of the page that a narrow window shows. */
  readonly panel: 'list' | 'content'
  readonly tab: Tab
  readonly typed: string
  readonly query: string
  readonly threadId: string | null
  readonly open: ReadonlySet<string>
  /** The id of the selected entry. */
  readonly selected: string | null
  /** The id of the conversation item that an address or a link names. */
  readonly item: string | null
  /** The highlighted line of the selected cell. */
  readonly line: number | null
  readonly isHelpOpen: boolean
}

export type App = {
  readonly state: AppState
  readonly rows: readonly ListRow[]
  /** The index of the selected row, or -1. */
  readonly active: number
  readonly set: (change: Partial<AppState>) => void
  /** Shows a step. */
  readonly select: (id: string, line?: number | null) => void
  /** Shows an item in the conversation of its thread. */
  readonly showItem: (id: string) => void
  /** Shows the conversation of an agent. */
  readonly showThread: (id: string | null, view: View) => void
  readonly toggle: (id: string) => void
  readonly move: (by: number) => void
  readonly back: () => void
}

const searchDelay = 120
const addressDelay = 150

/** Holds the choices of the reader, which survive new data. */
export function useApp(model: Model): App {
  const [state, setState] = useState<AppState>(() => firstState(model))
  const set = (change: Partial<AppState>): void => setState((before) => ({ ...before, ...change }))
  const { tab, typed, query, threadId, open, selected } = state
  useEffect(() => {
    // Fast typing searches once, for the last word.
    const timer = setTimeout(() => set({ query: typed }), typed === '' ? 0 : searchDelay)
    return () => clearTimeout(timer)
  }, [typed])
  useAddress(state, (address) => setState((before) => ({ ...before, ...placeOf(model, before, address) })))
  const rows = useMemo(() => listRows(model, { tab, query, threadId, open }), [model, tab, query, threadId, open])
  const active = useMemo(
    () => rows.findIndex(({ key }) => key === (state.view === 'conversation' ? state.item : selected)),
    [rows, selected, state.item, state.view],
  )
  const select = (id: string, line: number | null = null): void =>
    set({ view: 'step', panel: 'content', selected: id, item: null, line, open: withCellOf(model, open, id) })
  const showItem = (id: string): void => {
    const item = model.items.get(id)
    if (item === undefined) return
    const isOther = threadId !== null && threadId !== item.threadId
    set({ view: 'conversation', panel: 'content', item: id, ...(isOther ? { threadId: item.threadId } : {}) })
  }
  return {
    state,
    rows,
    active,
    set,
    select,
    showItem,
    showThread: (id, view) => set({ threadId: id, view, panel: 'content', item: null }),
    toggle: (id) => set({ open: new Set(open.has(id) ? [...open].filter((one) => one !== id) : [...open, id]) }),
    move(by) {
      const row = rows[Math.min(Math.max(active + by, 0), rows.length - 1)]
      if (row?.entry != null) set({ view: 'step', selected: row.entry.id, item: null, line: null })
      else if (row?.item != null) showItem(row.item.id)
    },
    back: () => set(backFrom(model, state)),
  }
}

/** Keeps the state and the address of the page equal. */
function useAddress({ view, threadId, selected, item, line }: AppState, go: (address: Address) => void): void {
  const fragment = fragmentOf({ view, threadId, step: selected, item, line })
  const latest = useRef(go)
  latest.current = go
  const shown = useRef(fragment)
  // A later effect would miss a press of "Back" right after the page is shown.
  useLayoutEffect(() => {
    const change = (): void => {
      shown.current = location.hash
      latest.current(parseFragment(location.hash))
    }
    addEventListener('popstate', change)
    return () => removeEventListener('popstate', change)
  }, [])
  useEffect(() => {
    if (shown.current === fragment) return undefined
    // A held key passes many steps; only the last one is an entry of the history.
    const timer = setTimeout(() => {
      shown.current = fragment
      showFragment(fragment, true)
    }, addressDelay)
    return () => clearTimeout(timer)
  }, [fragment])
}

function firstState(model: Model): AppState {
  const first = model.entries.find(({ type }) => type === 'cell')
  const state: AppState = {
    view: 'overview',
    panel: 'content',
    tab: model.data.cells.length === 0 ? 'everything' : 'cells',
    typed: '',
    query: '',
    threadId: null,
    open: new Set(first === undefined ? [] : [first.id]),
    selected: null,
    item: null,
    line: null,
    isHelpOpen: false,
  }
  return { ...state, ...placeOf(model, state, parseFragment(location.hash)) }
}

/** Returns the state for an address. */
function placeOf(model: Model, { open, selected }: AppState, address: Address): Partial<AppState> {
  const { view, threadId, step, item, line } = address
  const known = threadId !== null && model.threads.has(threadId) ? threadId : null
  return {
    view,
    panel: 'content',
    threadId: known,
    selected: step ?? selected,
    item,
    line,
    open: step === null ? open : withCellOf(model, open, step),
  }
}

/** Opens the cell of a selected entry in the list. */
function withCellOf(model: Model, open: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const entry = model.byId.get(id)
  const cell = entry === undefined ? null : cellOf(model, entry)
  return cell === null || open.has(cell.id) ? open : new Set([...open, cell.id])
}

function backFrom(model: Model, state: AppState): Partial<AppState> {
  if (state.isHelpOpen) return { isHelpOpen: false }
  if (state.typed !== '') return { typed: '', query: '' }
  const entry = state.selected === null || state.view !== 'step' ? undefined : model.byId.get(state.selected)
  if (entry === undefined) return state.view === 'overview' ? {} : { view: 'overview', item: null }
  const cell = cellOf(model, entry)
  if (cell !== null) return { selected: cell.id, line: model.calls.get(entry.id)?.line ?? null }
  if (state.open.has(entry.id)) return { open: new Set([...state.open].filter((id) => id !== entry.id)) }
  return { view: 'overview', item: null }
}
