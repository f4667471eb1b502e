import type { JSX } from 'preact'
import type { CellCounts, CellItem, CellPage, CellStatus } from '../../../src/console/api.ts'
import { cellStatuses } from '../../../src/console/api/cell-statuses.ts'
import { oneLine } from '../../../viewer/src/data/format.ts'
import { useConsole } from '../app/context.ts'
import { keyOfCell } from '../cell/about-cell.ts'
import { CellDetailView } from '../cell/cell-detail-view.tsx'
import { get } from '../data/api.ts'
import type { LiveEvent } from '../data/live.ts'
import type { PagedList } from '../data/paged-list.ts'
import { Ago } from '../parts/clock.tsx'
import { CellStatusWord, ownerText, Wait } from '../parts/cell-words.tsx'
import { FilterButtons, type Filter } from './filter-buttons.tsx'
import { OnlySession } from './only-session.tsx'
import { ListPane } from './list-pane.tsx'
import { TwoPanes } from './two-panes.tsx'
import { usePaged } from './use-paged.ts'

const groups: readonly { readonly id: string | null; readonly text: string; readonly of: readonly CellStatus[] }[] = [
  { id: null, text: 'All', of: cellStatuses },
  { id: 'person', text: '◈ Person', of: ['waits_person'] },
  { id: 'waiting', text: 'Waiting', of: ['waits_result', 'waits_host', 'waits_tool', 'waits_timer'] },
  { id: 'running', text: 'Running', of: ['running'] },
  { id: 'closed', text: 'Not open', of: ['interrupted'] },
  { id: 'ended', text: 'Ended', of: ['finished', 'completed', 'terminated'] },
  { id: 'failed', text: '✕ Failed', of: ['failed'] },
]

/** All cells, newest first, and the selected one. */
export function CellsView(): JSX.Element {
  const { live, address, go } = useConsole()
  const { session, cell, search, isOnly, filter } = address
  const chosen = groups.find(({ id }) => id === filter) ?? groups[0]
  const status = filter === null || chosen === undefined ? null : chosen.of.join(',')
  const only = isOnly ? session : null
  const list = usePaged<CellItem, CellPage>({
    id: 'cells',
    live,
    query: JSON.stringify([status, only, search]),
    keyOf: keyOfCell,
    load: async (cursor) => await get('/api/cells', { limit: 200, cursor, status, session: only, search }),
    apply: (loaded, event) => applyEvent(loaded, event, { wanted: chosen?.of ?? cellStatuses, only, search }),
  })
  const isAll = only === null && search === ''
  const counts = (isAll ? live.state.overview?.cells : null) ?? list.latest?.counts ?? null
  const selected = session === null || cell === null ? null : keyOfCell({ sessionId: session, cellId: cell })
  return (
    <TwoPanes
      hasDetail={cell !== null}
      back={() => go({ cell: null, call: null })}
      list={
        <ListPane
          id="cells"
          label="Cells"
          noun="cell"
          list={list}
          selected={selected}
          search={search}
          onSearch={(next) => go({ search: next }, { isNewEntry: false })}
          empty={search === '' && filter === null ? 'No cell has run' : 'No cell matches'}
          head={
            <>
              <FilterButtons
                label="Status"
                filters={filtersOf(counts)}
                value={chosen?.id ?? null}
                onChange={(value) => go({ filter: value })}
              />
              <OnlySession />
            </>
          }
        >
          {(item) => (
            <CellRow item={item} select={() => go({ ...referenceOf(item), call: null })} isOnly={only !== null} />
          )}
        </ListPane>
      }
      detail={
        session !== null && cell !== null ? (
          <CellDetailView key={keyOfCell({ sessionId: session, cellId: cell })} sessionId={session} cellId={cell} />
        ) : (
          <p class="empty">Choose a cell to see its program, calls and output.</p>
        )
      }
    />
  )
}

function referenceOf({ sessionId, cellId }: CellItem): { readonly session: string; readonly cell: string } {
  return { session: sessionId, cell: cellId }
}

function filtersOf(counts: CellCounts | null): readonly Filter[] {
  return groups.map(({ id, text, of }) => ({
    value: id,
    text,
    ...(counts === null ? {} : { count: of.reduce((sum, status) => sum + counts[status], 0) }),
  }))
}

type Query = { readonly wanted: readonly CellStatus[]; readonly only: string | null; readonly search: string }

/** Changes the cells that are loaded, and marks the list when it would have others. */
function applyEvent(list: PagedList<CellItem, CellPage>, event: LiveEvent, { wanted, only, search }: Query): boolean {
  if (event.type === 'state') return true
  if (event.type !== 'changed') return false
  if (event.more.cells) list.outdate(null)
  const last = list.items.length < list.total ? (list.items.at(-1)?.startedAt ?? 0) : 0
  for (const cell of event.cells) {
    const isWanted = wanted.includes(cell.status) && (only === null || cell.sessionId === only)
    if (list.update(cell)) {
      if (!isWanted) list.outdate(keyOfCell(cell))
    } else if (isWanted && cell.startedAt >= last) list.outdate(search === '' ? keyOfCell(cell) : null)
  }
  if (event.removedSessions.length > 0) list.outdate(null)
  return true
}

type RowProps = { readonly item: CellItem; readonly select: () => void; readonly isOnly: boolean }

function CellRow({ item, select, isOnly }: RowProps): JSX.Element {
  const [wait] = item.waits
  return (
    // The list handles focus and keys; a row handles the pointer.
    <div class="two-lines" onClick={select}>
      <span class="line-1">
        <CellStatusWord status={item.status} />
        <span class="entry-name">{oneLine(item.title, 120) || '(empty program)'}</span>
        <span class="entry-time">
          <Ago at={item.endedAt ?? item.startedAt} />
        </span>
      </span>
      <span class="line-2">
        {wait !== undefined && (
          <span class="wait">
            <Wait wait={wait} />
            {item.waitCount > 1 && ` and ${item.waitCount - 1} more`}
          </span>
        )}
        {item.errorText !== null && <span class="error-text">{oneLine(item.errorText, 120)}</span>}
        {!isOnly && <span>{oneLine(item.sessionId, 60)}</span>}
        {item.endedAt === null && item.owner?.node != null && <span>{ownerText(item.owner)}</span>}
      </span>
    </div>
  )
}
