import { useEffect, useMemo, useState } from 'preact/hooks'
import { listRows, type ListRow, type Tab } from './list-rows.ts'
import type { Model } from './model.ts'

type AppState = {
  readonly tab: Tab
  readonly typed: string
  readonly query: string
  readonly threadId: string | null
  readonly open: ReadonlySet<string>
  readonly selected: string | null
  /** The line of the selected cell that is looked at. */
  readonly line: number | null
  readonly isHelpOpen: boolean
}

export type App = {
  readonly state: AppState
  readonly rows: readonly ListRow[]
  /** The selected one among the rows, or -1. */
  readonly active: number
  readonly set: (change: Partial<AppState>) => void
  readonly select: (key: string, line?: number | null) => void
  readonly toggle: (key: string) => void
  readonly move: (by: number) => void
  readonly back: () => void
}

const searchDelay = 120

/** What the reader has chosen; it outlives new data. */
export function useApp(model: Model): App {
  const [state, setState] = useState<AppState>(() => firstState(model))
  const set = (change: Partial<AppState>): void => setState((before) => ({ ...before, ...change }))
  const { tab, typed, query, threadId, open, selected } = state
  useEffect(() => {
    // Who types fast asks for the last word only.
    const timer = setTimeout(() => set({ query: typed }), typed === '' ? 0 : searchDelay)
    return () => clearTimeout(timer)
  }, [typed])
  const rows = useMemo(() => listRows(model, { tab, query, threadId, open }), [model, tab, query, threadId, open])
  const active = useMemo(() => rows.findIndex(({ entry }) => entry.key === selected), [rows, selected])
  const select = (key: string, line: number | null = null): void =>
    set({ selected: key, line, ...shown(model, state, key) })
  return {
    state,
    rows,
    active,
    set,
    select,
    toggle: (key) => set({ open: new Set(open.has(key) ? [...open].filter((one) => one !== key) : [...open, key]) }),
    move(by) {
      const row = rows[Math.min(Math.max(active + by, 0), rows.length - 1)]
      if (row !== undefined)
        set({ selected: row.entry.key, line: null, ...(tab === 'conversation' ? { tab: 'cells' } : {}) })
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
    open: new Set(first === undefined ? [] : [first.key]),
    selected: first?.key ?? null,
    line: null,
    isHelpOpen: false,
  }
}

/** What is chosen from elsewhere has to be seen in the list: its cell is opened, and the conversation left. */
function shown(model: Model, { open, tab }: AppState, key: string): Partial<AppState> {
  const parent = model.byKey.get(key)?.parent ?? null
  return {
    ...(parent === null || open.has(parent) ? {} : { open: new Set([...open, parent]) }),
    ...(tab === 'conversation' ? { tab: 'cells' } : {}),
  }
}

function backFrom(model: Model, state: AppState): Partial<AppState> {
  if (state.isHelpOpen) return { isHelpOpen: false }
  if (state.typed !== '') return { typed: '', query: '' }
  const entry = state.selected === null ? undefined : model.byKey.get(state.selected)
  if (entry === undefined) return {}
  if (entry.parent !== null) return { selected: entry.parent, line: model.calls.get(entry.id)?.line ?? null }
  return state.open.has(entry.key) ? { open: new Set([...state.open].filter((key) => key !== entry.key)) } : {}
}
