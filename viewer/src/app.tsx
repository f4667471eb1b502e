import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useApp, type App as AppActs } from './app-state.ts'
import { CellDetail } from './cell-detail.tsx'
import { Conversation } from './conversation.tsx'
import type { DataSource, Follow } from './data-source.ts'
import { CallDetail, InferenceDetail, TurnDetail } from './entry-detail.tsx'
import { EntryRow } from './entry-row.tsx'
import { showCount, visible } from './format.ts'
import { KeyHelp, useKeys } from './keys.tsx'
import { tabs, type Tab } from './list-rows.ts'
import type { Model } from './model.ts'
import { PageHead } from './page-head.tsx'
import { PayloadContext } from './payload-context.ts'
import { applyTheme, storedTheme } from './theme.ts'
import { Timeline } from './timeline.tsx'
import { VirtualList } from './virtual-list.tsx'

export type AppProps = {
  readonly model: Model
  readonly source: DataSource
  readonly follow: Follow
  /** Why the newest data could not be had. */
  readonly problem: string | null
}

const rowHeight = 26

/** The page. */
export function App({ model, source, follow, problem }: AppProps): JSX.Element {
  const app = useApp(model)
  const searchBox = useRef<HTMLInputElement>(null)
  const detail = useRef<HTMLElement>(null)
  const theme = useTheme()
  const { state } = app
  useKeys({
    move: app.move,
    back: () => back(app, searchBox.current),
    search: () => searchBox.current?.focus(),
    help: () => app.set({ isHelpOpen: true }),
    open: () => open(app, detail.current),
  })
  useLayoutEffect(() => {
    if (detail.current !== null) detail.current.scrollTop = 0
  }, [state.selected, state.tab === 'conversation'])
  const access = useMemo(() => {
    const kinds = new Map(model.data.payloads.map(({ id, kind }) => [id, kind]))
    return { load: source.payload, kindOf: (id: string) => kinds.get(id) ?? '' }
  }, [model, source])
  return (
    <PayloadContext.Provider value={access}>
      <PageHead model={model} app={app} follow={follow} searchBox={searchBox} onTheme={theme.set} />
      <Problems model={model} problem={problem} />
      <main>
        <nav aria-label="Trace">
          <Tabs app={app} model={model} />
          <List app={app} model={model} />
        </nav>
        <div class="right">
          <Timeline
            model={model}
            threadId={state.threadId}
            selected={state.selected}
            theme={theme.name}
            select={app.select}
          />
          <section ref={detail} class="detail" aria-label="Details" tabIndex={-1}>
            <Detail model={model} app={app} />
          </section>
        </div>
      </main>
      {state.isHelpOpen && <KeyHelp close={() => app.set({ isHelpOpen: false })} />}
    </PayloadContext.Provider>
  )
}

function open({ state, rows, active, toggle, select }: AppActs, detail: HTMLElement | null): void {
  const row = rows[active]
  if (row === undefined) {
    const [first] = rows
    if (first !== undefined) select(first.entry.key)
  } else if (row.isOpen !== null && state.query === '') toggle(row.entry.key)
  else detail?.focus()
}

function back(app: AppActs, searchBox: HTMLInputElement | null): void {
  if (app.state.typed === '' && !app.state.isHelpOpen && document.activeElement === searchBox) searchBox?.blur()
  else app.back()
  document.getElementById('entries')?.focus()
}

/** Drawings have to be made anew when the system turns dark as well. */
function useTheme(): { readonly name: string; readonly set: (name: string) => void } {
  const [chosen, setChosen] = useState<string>(storedTheme)
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches)
  useEffect(() => {
    applyTheme(storedTheme())
    const query = matchMedia('(prefers-color-scheme: dark)')
    const change = (): void => setDark(query.matches)
    query.addEventListener('change', change)
    return () => query.removeEventListener('change', change)
  }, [])
  return { name: `${chosen} ${isDark ? 'dark' : 'light'}`, set: setChosen }
}

function Problems({ model, problem }: { readonly model: Model; readonly problem: string | null }): JSX.Element | null {
  const { problems, isComplete, status } = model.data
  const all = [
    ...(problem === null ? [] : [`The newest data cannot be had: ${problem}`]),
    ...(isComplete || status === 'running' ? [] : ['The log has no end: it was cut, or the recorder was stopped']),
    ...problems,
  ]
  const [first, ...more] = all
  if (first === undefined) return null
  return (
    <div class="problems" role="alert">
      <span aria-hidden="true">▲ </span>
      {visible(first)}
      {more.length > 0 && (
        <details>
          <summary>{showCount(more.length, 'more problem')}</summary>
          <ul>
            {more.map((text, index) => (
              <li key={index}>{visible(text)}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

function Tabs({ app, model }: { readonly app: AppActs; readonly model: Model }): JSX.Element {
  const names: { readonly [Name in Tab]: string } = {
    cells: 'Cells',
    everything: 'Everything',
    slowest: 'Slowest',
    errors: model.failed > 0 ? `✕ Errors ${model.failed}` : 'Errors',
    conversation: 'Conversation',
  }
  return (
    <div class="tabs" role="group" aria-label="Lists">
      {tabs.map((tab) => (
        <button key={tab} type="button" aria-pressed={app.state.tab === tab} onClick={() => app.set({ tab })}>
          {names[tab]}
        </button>
      ))}
    </div>
  )
}

function List({ app, model }: { readonly app: AppActs; readonly model: Model }): JSX.Element {
  const { rows, active, state } = app
  const isSearch = state.query.trim() !== ''
  return (
    <>
      {isSearch && (
        <p class="found" role="status">
          {showCount(rows.length, 'result')}
        </p>
      )}
      <VirtualList
        id="entries"
        label={isSearch ? 'Results' : state.tab === 'conversation' ? 'cells' : state.tab}
        count={rows.length}
        rowHeight={rowHeight}
        active={active}
        empty={
          isSearch ? 'Nothing has these words' : state.tab === 'errors' ? 'Nothing failed' : 'Nothing was recorded'
        }
      >
        {(index) => {
          const row = rows[index]
          return (
            row !== undefined && (
              <EntryRow
                model={model}
                {...row}
                select={() => app.select(row.entry.key)}
                toggle={() => app.toggle(row.entry.key)}
              />
            )
          )
        }}
      </VirtualList>
    </>
  )
}

function Detail({ model, app }: { readonly model: Model; readonly app: AppActs }): JSX.Element {
  const { tab, selected, line, threadId } = app.state
  if (tab === 'conversation') return <Conversation model={model} threadId={threadId} select={app.select} />
  const entry = selected === null ? undefined : model.byKey.get(selected)
  if (entry === undefined) return <p class="empty">Nothing is selected</p>
  const cell = entry.type === 'cell' ? model.cells.get(entry.id) : undefined
  if (cell !== undefined) {
    const look = (at: number): void => app.set({ line: at })
    return <CellDetail key={entry.key} model={model} cell={cell} line={line} select={app.select} look={look} />
  }
  const inference = entry.type === 'inference' ? model.inferences.get(entry.id) : undefined
  if (inference !== undefined) return <InferenceDetail key={entry.key} inference={inference} />
  const call = entry.type === 'turn' ? undefined : model.calls.get(entry.id)
  if (call === undefined) return <TurnDetail key={entry.key} entry={entry} />
  return <CallDetail key={entry.key} model={model} call={call} parent={entry.parent} goToLine={app.select} />
}
