import type { JSX } from 'preact'
import type { CallDetail, CallItem, CallPage } from '../../../src/console/api.ts'
import { oneLine, showTime } from '../../../viewer/src/data/format.ts'
import { CopyLink } from '../../../viewer/src/page/copy-link.tsx'
import { SourceView } from '../../../viewer/src/detail/source-view.tsx'
import { useConsole } from '../app/context.ts'
import { RevertButton } from '../cell/cell-actions.tsx'
import { get } from '../data/api.ts'
import type { LiveEvent } from '../data/live.ts'
import type { PagedList } from '../data/paged-list.ts'
import { FilterButtons } from '../list/filter-buttons.tsx'
import { ListPane } from '../list/list-pane.tsx'
import { OnlySession } from '../list/only-session.tsx'
import { TwoPanes } from '../list/two-panes.tsx'
import { usePaged } from '../list/use-paged.ts'
import { firstAddress, fragmentOf } from '../page/address.ts'
import { Ago } from '../parts/clock.tsx'
import { CallState } from '../parts/call-words.tsx'
import { ProblemText } from '../parts/problem.tsx'
import { useData } from '../parts/use-data.ts'
import { CallBody } from './call-body.tsx'
import { ProvidePanel, SettlePanel } from './settle-panel.tsx'

const filters = [
  { value: null, text: '? To settle', states: 'unsettled' },
  { value: 'deferred', text: '◇ Deferred', states: 'deferred' },
  { value: 'failed', text: '✕ Failed', states: 'failed' },
  { value: 'unknown', text: 'Unknown', states: 'unknown' },
  { value: 'all', text: 'All', states: null },
]

function keyOf({ sessionId, key }: CallItem): string {
  return `${sessionId} ${key}`
}

/** The calls of all sessions; first those whose effect is unknown. */
export function LedgerView(): JSX.Element {
  const { live, address, go } = useConsole()
  const { session, call, search, filter, isOnly } = address
  const only = isOnly ? session : null
  const state = filters.find(({ value }) => value === filter)?.states ?? null
  const list = usePaged<CallItem, CallPage>({
    id: 'ledger',
    live,
    query: JSON.stringify([state, only, search]),
    keyOf,
    load: async (cursor) => await get('/api/calls', { limit: 200, cursor, state, session: only, search }),
    apply: applyEvent,
  })
  const selected = session === null || call === null ? null : `${session} ${call}`
  return (
    <TwoPanes
      hasDetail={call !== null}
      back={() => go({ call: null })}
      list={
        <ListPane
          id="ledger"
          label="Calls"
          noun="call"
          list={list}
          selected={selected}
          search={search}
          onSearch={(next) => go({ search: next }, { isNewEntry: false })}
          empty={filter === null && search === '' ? 'No call has an unknown effect' : 'No call matches'}
          head={
            <>
              <FilterButtons
                label="State"
                filters={filters.map(({ value, text }) => ({ value, text }))}
                value={filter}
                onChange={(value) => go({ filter: value })}
              />
              <OnlySession />
            </>
          }
        >
          {(item) => <LedgerRow item={item} select={() => go({ session: item.sessionId, call: item.key })} />}
        </ListPane>
      }
      detail={
        session !== null && call !== null ? (
          <LedgerDetail key={`${session} ${call}`} sessionId={session} callKey={call} />
        ) : (
          <LedgerIntroduction />
        )
      }
    />
  )
}

function LedgerIntroduction(): JSX.Element {
  return (
    <div class="empty">
      <p>
        A call is unknown when its process ended between the start of the tool and the record of its result. Nothing but
        the other system can tell whether it had its effect.
      </p>
      <p>Look there, then choose the call and state what you found.</p>
    </div>
  )
}

function applyEvent(list: PagedList<CallItem, CallPage>, event: LiveEvent): boolean {
  if (event.type !== 'changed' || !event.calls) return false
  list.outdate(null)
  return true
}

function LedgerRow({ item, select }: { readonly item: CallItem; readonly select: () => void }): JSX.Element {
  const at = item.endedAt ?? item.startedAt
  return (
    <div class="two-lines" onClick={select}>
      <span class="line-1">
        <CallState state={item.state} />
        <span class="entry-name">{oneLine(item.identifier, 80)}</span>
        <span class="entry-time">{at !== null && <Ago at={at} />}</span>
      </span>
      <span class="line-2">
        <span class="mono">{oneLine(item.inputStart, 120)}</span>
        {item.settled !== null && <span>{item.settled.type === 'happened' ? 'happened' : 'did not happen'}</span>}
        {item.reverted?.type === 'reverted' && <span>reverted</span>}
        <span>{oneLine(item.sessionId, 60)}</span>
      </span>
    </div>
  )
}

type DetailProps = { readonly sessionId: string; readonly callKey: string }

function LedgerDetail({ sessionId, callKey }: DetailProps): JSX.Element {
  const { live, go } = useConsole()
  const { data, failure, reload } = useData<CallDetail>({
    query: `${sessionId} ${callKey}`,
    live,
    load: async () => await get('/api/call', { session: sessionId, key: callKey }),
    isChange: (event) => event.type === 'changed' && event.calls,
  })
  if (data === null) return failure === null ? <p class="empty">Loading…</p> : <ProblemText problem={failure} />
  const line = data.location?.line ?? null
  const fragment = fragmentOf({ ...firstAddress, view: 'ledger', session: sessionId, call: callKey })
  return (
    <>
      <header class="detail-head">
        <h2>{oneLine(data.identifier, 80)}</h2>
        <CallState state={data.state} />
        <CopyLink fragment={fragment} what="this call" />
      </header>
      <dl class="facts-list">
        <dt>cell</dt>
        <dd>
          <button
            type="button"
            class="link"
            onClick={() =>
              go({ view: 'cells', session: sessionId, cell: data.cellId, call: null, isOnly: false, filter: null })
            }
          >
            {oneLine(`${data.cellId} of ${sessionId}`, 100)}
          </button>
        </dd>
        {data.startedAt !== null && <dt>started</dt>}
        {data.startedAt !== null && <dd>{showTime(data.startedAt)}</dd>}
      </dl>
      {data.state === 'unknown' && data.settled === null && <SettlePanel call={data} onDone={reload} />}
      {data.state === 'unknown' && <RevertButton sessionId={sessionId} cellId={data.cellId} />}
      {data.state === 'deferred' && <ProvidePanel call={data} onDone={reload} />}
      <CallBody call={data} />
      {line !== null && (
        <section aria-label="Program">
          <h3>Program</h3>
          <SourceView
            source={data.source}
            marks={[{ kind: 'call', index: 0, line, isCertain: true }]}
            line={line}
            describe={() => `The call is in line ${line}`}
            choose={() => undefined}
          />
        </section>
      )}
    </>
  )
}
