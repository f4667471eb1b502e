import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { CallItem, CallPage, CellDetail } from '../../../src/console/api.ts'
import { oneLine, showCount, showDuration } from '../../../viewer/src/data/format.ts'
import { useConsole } from '../app/context.ts'
import { get } from '../data/api.ts'
import { CallBody } from '../ledger/call-body.tsx'
import { Since } from '../parts/clock.tsx'
import { CallState } from '../parts/call-words.tsx'
import { ProblemText } from '../parts/problem.tsx'
import { useData } from '../parts/use-data.ts'
import { isAbout } from './about-cell.ts'

type TableProps = { readonly cell: CellDetail; readonly look: (line: number) => void }

const pageSize = 100
const maxCalls = 2000

/** The nested calls of a cell, in order. */
export function CallTable({ cell, look }: TableProps): JSX.Element {
  const { live } = useConsole()
  const { sessionId, cellId } = cell
  const [count, setCount] = useState(pageSize)
  const { data, failure } = useData<CallPage>({
    query: `${sessionId} ${cellId} ${count}`,
    live,
    load: async () => await callsOf(cell, count),
    isChange: (event) => isAbout(cell, event) || (event.type === 'changed' && event.calls),
  })
  const calls = data?.items ?? []
  const left = (data?.total ?? 0) - calls.length
  return (
    <section aria-label="Calls">
      <h3>Calls {data !== null && data.total > 0 && <span class="count">{data.total.toLocaleString('en')}</span>}</h3>
      {failure !== null && <ProblemText problem={failure} />}
      {data !== null && calls.length === 0 && <p class="muted">No calls</p>}
      <ul class="calls">
        {calls.map((call) => (
          <CallRow key={call.key} call={call} look={look} />
        ))}
      </ul>
      {left > 0 && count < maxCalls && (
        <button type="button" class="more" onClick={() => setCount(count + 5 * pageSize)}>
          Show more ({showCount(left, 'call')} left)
        </button>
      )}
      {left > 0 && count >= maxCalls && <p class="muted">The ledger has {showCount(left, 'more call')}.</p>}
    </section>
  )
}

async function callsOf({ sessionId, cellId }: CellDetail, count: number): Promise<CallPage> {
  const items: CallItem[] = []
  let cursor: string | null = null
  for (;;) {
    const limit = Math.min(200, count - items.length)
    const page: CallPage = await get('/api/calls', { session: sessionId, cell: cellId, order: 'oldest', limit, cursor })
    items.push(...page.items)
    cursor = page.nextCursor
    if (cursor === null || items.length >= count) return { ...page, items }
  }
}

function CallRow({ call, look }: { readonly call: CallItem; readonly look: (line: number) => void }): JSX.Element {
  const [isOpen, setOpen] = useState(false)
  return (
    <li class="call">
      <div class="call-line">
        <button type="button" class="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {oneLine(call.identifier, 80)}
        </button>
        <CallState state={call.state} />
        <span class="call-input" dir="ltr">
          {oneLine(call.inputStart, 160)}
        </span>
        {call.location !== null && (
          <button type="button" class="link line-link" onClick={() => look(call.location?.line ?? 1)}>
            line {call.location.line}
          </button>
        )}
        <span class="entry-time">
          <CallTime call={call} />
        </span>
      </div>
      {isOpen && <CallBody call={call} />}
    </li>
  )
}

function CallTime({ call }: { readonly call: CallItem }): JSX.Element | null {
  if (call.durationMs !== null) return <>{showDuration(call.durationMs)}</>
  const isPending = call.state === 'started' || call.state === 'deferred'
  return isPending && call.startedAt !== null ? <Since at={call.startedAt} /> : null
}
