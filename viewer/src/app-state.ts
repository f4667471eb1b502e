import { useEffect, useMemo, useState } from 'preact/hooks'
import { listRows, type ListRow, type Tab } from './list/list-rows.ts'
import { cellOf, type Model } from './data/model.ts'

type AppState = {
  readonly tab: Tab
  readonly typed: string
  readonly query: string
  readonly threadId: string | null
  readonly open: ReadonlySet<string>
  readonly selected: string | null
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
  readonly select: (id: string, line?: number | null) => void
  readonly toggle: (id: string) => void
  readonly move: (by: number) => void
  readonly back: () => void
}

const searchDelay = 120

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
  const rows = useMemo(() => listRows(model, { tab, query, threadId, open }), [model, tab, query, threadId, open])
  const active = useMemo(() => rows.findIndex(({ entry }) => entry.id === selected), [rows, selected])
  const select = (id: string, line: number | null = null): void =>
    set({ selected: id, line, ...revealed(model, state, id) })
  return {
    state,
    rows,
    active,
    set,
    select,
    toggle: (id) => set({ open: new Set(open.has(id) ? [...open].filter((one) => one !== id) : [...open, id]) }),
    move(by) {
      const row = rows[Math.min(Math.max(active + by, 0), rows.length - 1)]
      if (row !== undefined)
        set({ selected: row.entry.id, line: null, ...(tab === 'conversation' ? { tab: 'cells' } : {}) })
    },
    back: () => set(backFrom(model, state)),
  }
}

function firstState(model: Model): AppState {
  const first = model.entries.find(({ type }) => type === 'cell') ?? model.entries[0]
  return {
    tab: model.data.cells.length === 0 ? 'everything' : 'cells',
    typed: '',
    query: '',
    threadId: null,
    open: new Set(first === undefined ? [] : [first.id]),
    selected: first?.id ?? null,
    line: null,
    isHelpOpen: false,
  }
}

/** Makes a selected entry visible in the list: opens its cell, and leaves the conversation. */
function revealed(model: Model, { open, tab }: AppState, id: string): Partial<AppState> {
  const entry = model.byId.get(id)
  const cell = entry === undefined ? null : cellOf(model, entry)
  return {
    ...(cell === null || open.has(cell.id) ? {} : { open: new Set([...open, cell.id]) }),
    ...(tab === 'conversation' ? { tab: 'cells' } : {}),
  }
}

function backFrom(model: Model, state: AppState): Partial<AppState> {
  if (state.isHelpOpen) return { isHelpOpen: false }
  if (state.typed !== '') return { typed: '', query: '' }
  const entry = state.selected === null ? undefined : model.byId.get(state.selected)
  if (entry === undefined) return {}
  const cell = cellOf(model, entry)
  if (cell !== null) return { selected: cell.id, line: model.calls.get(entry.id)?.line ?? null }
  return state.open.has(entry.id) ? { open: new Set([...state.open].filter((id) => id !== entry.id)) } : {}
}
