import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useApp, type App as AppActs } from './app-state.ts'
import { AgentTree } from './agents/agent-tree.tsx'
import type { DataSource, Follow } from './data/data-source.ts'
import { EntryRow, ItemFound } from './list/entry-row.tsx'
import { showCount, visible } from './data/format.ts'
import { KeyHelp, useKeys } from './page/keys.tsx'
import { tabs, type Tab } from './list/list-rows.ts'
import type { Model } from './data/model.ts'
import { PageHead } from './page/page-head.tsx'
import { PayloadContext } from './detail/payload-context.ts'
import { applyTheme, storedTheme } from './page/theme.ts'
import { Timeline } from './timeline/timeline.tsx'
import { VirtualList } from './list/virtual-list.tsx'
import { CurrentView, ViewChoice } from './page/views.tsx'

export type AppProps = {
  readonly model: Model
  readonly source: DataSource
  readonly follow: Follow
  /** Why the newest data did not load. */
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
  }, [state.selected, state.view])
  const access = useMemo(() => {
    const kinds = new Map(model.data.payloads.map(({ id, kind }) => [id, kind]))
    return { load: source.payload, kindOf: (id: string) => kinds.get(id) ?? '' }
  }, [model, source])
  return (
    <PayloadContext.Provider value={access}>
      <PageHead model={model} app={app} follow={follow} searchBox={searchBox} onTheme={theme.set} />
      <Problems model={model} problem={problem} />
      <main data-panel={state.panel} data-view={state.view}>
        <nav aria-label="Trace">
          <AgentTree model={model} app={app} />
          <Tabs app={app} model={model} />
          <List app={app} model={model} />
        </nav>
        <div class="right">
          <Timeline model={model} app={app} theme={theme.name} />
          <ViewChoice model={model} app={app} />
          <section
            ref={detail}
            class={state.view === 'conversation' ? 'detail is-filled' : 'detail'}
            aria-label="Details"
            tabIndex={-1}
          >
            <CurrentView model={model} app={app} />
          </section>
        </div>
      </main>
      {state.isHelpOpen && <KeyHelp close={() => app.set({ isHelpOpen: false })} />}
    </PayloadContext.Provider>
  )
}

function open({ state, rows, active, toggle, move }: AppActs, detail: HTMLElement | null): void {
  const row = rows[active]
  if (row === undefined) move(1)
  else if (row.isOpen !== null && state.query === '') toggle(row.key)
  else detail?.focus()
}

function back(app: AppActs, searchBox: HTMLInputElement | null): void {
  if (app.state.typed === '' && !app.state.isHelpOpen && document.activeElement === searchBox) searchBox?.blur()
  else app.back()
  document.getElementById('entries')?.focus()
}

/** The name changes with the chosen theme and with that of the system, so that drawings are repeated. */
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
    ...(problem === null ? [] : [`Cannot load the newest data: ${problem}`]),
    ...(isComplete || status === 'running' || status === 'unreadable'
      ? []
      : ['The log is incomplete: it was cut, or the recorder was stopped']),
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
  const { threadId } = app.state
  const errors = threadId === null ? model.data.totals.errors : (model.threads.get(threadId)?.totals.errors ?? 0)
  const names: { readonly [Name in Tab]: string } = {
    cells: 'Cells',
    everything: 'Everything',
    slowest: 'Slowest',
    errors: errors > 0 ? `✕ Errors ${errors.toLocaleString('en')}` : 'Errors',
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
  const isMixed = model.threads.size > 1 && state.threadId === null
  return (
    <>
      {isSearch && (
        <p class="found" role="status">
          {showCount(rows.length, 'result')}
        </p>
      )}
      <VirtualList
        id="entries"
        label={isSearch ? 'Results' : state.tab}
        count={rows.length}
        rowHeight={rowHeight}
        active={active}
        empty={
          isSearch
            ? 'No step or message has these words'
            : state.tab === 'errors'
              ? 'Nothing failed'
              : 'Nothing was recorded'
        }
      >
        {(index) => {
          const row = rows[index]
          if (row?.item != null) {
            const { item } = row
            const found = { item, around: row.around ?? '', isMixed, select: () => app.showItem(item.id) }
            return <ItemFound model={model} {...found} />
          }
          if (row?.entry == null) return null
          const { entry } = row
          return (
            <EntryRow
              model={model}
              {...row}
              entry={entry}
              isMixed={isMixed}
              select={() => app.select(entry.id)}
              toggle={() => app.toggle(entry.id)}
            />
          )
        }}
      </VirtualList>
    </>
  )
}
