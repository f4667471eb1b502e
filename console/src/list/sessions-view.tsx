import type { JSX } from 'preact'
import type { SessionItem, SessionPage } from '../../../src/console/api.ts'
import { cellStatuses } from '../../../src/console/api/cell-statuses.ts'
import { oneLine, showCount, showTime } from '../../../viewer/src/data/format.ts'
import { CopyLink } from '../../../viewer/src/page/copy-link.tsx'
import { useConsole } from '../app/context.ts'
import { get } from '../data/api.ts'
import type { LiveEvent } from '../data/live.ts'
import type { PagedList } from '../data/paged-list.ts'
import { fragmentOf } from '../page/address.ts'
import { Ago } from '../parts/clock.tsx'
import { ownerText, statusWords } from '../parts/cell-words.tsx'
import { ProblemText } from '../parts/problem.tsx'
import { useData } from '../parts/use-data.ts'
import { FilterButtons } from './filter-buttons.tsx'
import { ListPane } from './list-pane.tsx'
import { TwoPanes } from './two-panes.tsx'
import { usePaged } from './use-paged.ts'

const filters = [
  { value: null, text: 'All' },
  { value: 'open', text: 'Open' },
  { value: 'closed', text: 'Not open' },
  { value: 'attention', text: '◈ Attention' },
  { value: 'unreadable', text: '✕ Unreadable' },
]

/** All sessions, the one with the newest activity first. */
export function SessionsView(): JSX.Element {
  const { live, address, go } = useConsole()
  const { session, search, filter } = address
  const list = usePaged<SessionItem, SessionPage>({
    id: 'sessions',
    live,
    query: JSON.stringify([filter, search]),
    keyOf: ({ id }) => id,
    load: async (cursor) => await get('/api/sessions', { limit: 200, cursor, filter, search }),
    apply: applyEvent,
  })
  return (
    <TwoPanes
      hasDetail={session !== null}
      back={() => go({ session: null })}
      list={
        <ListPane
          id="sessions"
          label="Sessions"
          noun="session"
          list={list}
          selected={session}
          search={search}
          onSearch={(next) => go({ search: next }, { isNewEntry: false })}
          empty={search === '' && filter === null ? 'No session is stored' : 'No session matches'}
          head={
            <FilterButtons label="State" filters={filters} value={filter} onChange={(value) => go({ filter: value })} />
          }
        >
          {(item) => <SessionRow item={item} select={() => go({ session: item.id })} />}
        </ListPane>
      }
      detail={
        session === null ? (
          <p class="empty">Choose a session.</p>
        ) : (
          <SessionDetail key={session} id={session} known={list.items[list.indexOf(session)] ?? null} />
        )
      }
    />
  )
}

function applyEvent(list: PagedList<SessionItem, SessionPage>, event: LiveEvent): boolean {
  if (event.type !== 'changed') return event.type === 'state'
  if (event.more.sessions) list.outdate(null)
  for (const session of event.sessions) if (!list.update(session)) list.outdate(session.id)
  for (const id of event.removedSessions) list.outdate(id)
  return true
}

function SessionRow({ item, select }: { readonly item: SessionItem; readonly select: () => void }): JSX.Element {
  return (
    <div class="two-lines" onClick={select}>
      <span class="line-1">
        <span class="entry-name">{oneLine(item.id, 80)}</span>
        {item.type === 'session' && (
          <span class="entry-time">
            <Ago at={item.lastActivityAt} />
          </span>
        )}
      </span>
      <span class="line-2">
        {item.type === 'unreadable' ? (
          <span class="error-text">✕ unreadable: {oneLine(item.error.message, 120)}</span>
        ) : (
          <>
            {item.approvals > 0 && <span class="status attention">◈ {showCount(item.approvals, 'approval')}</span>}
            {item.unsettled > 0 && <span class="error-text">{showCount(item.unsettled, 'unknown call')}</span>}
            <span>{showCount(totalOf(item), 'cell')}</span>
            <span>{ownerText(item.owner)}</span>
          </>
        )}
      </span>
    </div>
  )
}

function totalOf({ cells }: Extract<SessionItem, { type: 'session' }>): number {
  return cellStatuses.reduce((sum, status) => sum + cells[status], 0)
}

function SessionDetail({ id, known }: { readonly id: string; readonly known: SessionItem | null }): JSX.Element {
  const { live } = useConsole()
  const { data, failure } = useData<SessionItem>({
    query: id,
    live,
    load: async () => await get('/api/session', { session: id }),
    isChange: (event) => event.type === 'changed' && event.sessions.some((session) => session.id === id),
  })
  const item = data ?? known
  return (
    <>
      <header class="detail-head">
        <h2>{oneLine(id, 100)}</h2>
        <CopyLink fragment={fragmentOf({ ...firstSession, session: id })} what="this session" />
      </header>
      {failure !== null && <ProblemText problem={failure} />}
      {item?.type === 'unreadable' && <ProblemText problem={item.error} />}
      {item?.type === 'session' && <SessionFacts item={item} />}
    </>
  )
}

const firstSession = {
  view: 'sessions',
  cell: null,
  call: null,
  isOnly: false,
  filter: null,
  search: '',
} as const

function SessionFacts({ item }: { readonly item: Extract<SessionItem, { type: 'session' }> }): JSX.Element {
  const { go } = useConsole()
  const { id, owner, cells, calls, approvals, unsettled, engines } = item
  return (
    <>
      <dl class="facts-list">
        <dt>open in</dt>
        <dd>
          {ownerText(owner)}
          {owner?.address != null && ` (${oneLine(owner.address, 80)})`}
        </dd>
        <dt>last activity</dt>
        <dd>
          <Ago at={item.lastActivityAt} />
        </dd>
        <dt>created</dt>
        <dd>{showTime(item.createdAt)}</dd>
        {item.tenant !== null && <dt>tenant</dt>}
        {item.tenant !== null && <dd>{oneLine(item.tenant, 80)}</dd>}
        <dt>engines</dt>
        <dd>{engines.length === 0 ? 'none loaded' : oneLine(engines.join(', '), 300)}</dd>
        {item.isInMemory && <dt>stored</dt>}
        {item.isInMemory && <dd>in the memory of this server only</dd>}
      </dl>
      <div class="actions">
        <button
          type="button"
          onClick={() => go({ view: 'cells', session: id, isOnly: true, filter: null, search: '' })}
        >
          Show its {showCount(totalOf(item), 'cell')}
        </button>
        {approvals > 0 && (
          <button type="button" class="primary" onClick={() => go({ view: 'approvals', session: id, cell: null })}>
            Decide about {showCount(approvals, 'call')}
          </button>
        )}
        {unsettled > 0 && (
          <button
            type="button"
            onClick={() => go({ view: 'ledger', session: id, isOnly: true, filter: null, search: '', call: null })}
          >
            Settle {showCount(unsettled, 'unknown call')}
          </button>
        )}
      </div>
      <div class="halves">
        <Counts title="Cells" counts={cellStatuses.map((status) => [statusWords[status].text, cells[status]])} />
        <Counts
          title="Calls"
          counts={Object.entries(calls).map(([state, count]) => [state.replace('_', ' '), count])}
        />
      </div>
    </>
  )
}

type CountsProps = { readonly title: string; readonly counts: readonly (readonly [string, number])[] }

function Counts({ title, counts }: CountsProps): JSX.Element {
  const some = counts.filter(([, count]) => count > 0)
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {some.length === 0 && <p class="muted">None</p>}
      <table class="plain-table">
        <tbody>
          {some.map(([name, count]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{count.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
