import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { CellDetail } from '../../../src/console/api.ts'
import { oneLine, showCount, showDuration, showTime } from '../../../viewer/src/data/format.ts'
import { LongText } from '../../../viewer/src/detail/long-text.tsx'
import { SourceView } from '../../../viewer/src/detail/source-view.tsx'
import { CopyLink } from '../../../viewer/src/page/copy-link.tsx'
import { useConsole } from '../app/context.ts'
import { get } from '../data/api.ts'
import { firstAddress, fragmentOf } from '../page/address.ts'
import { Ago, Since } from '../parts/clock.tsx'
import { CellStatusWord, ownerText, Wait } from '../parts/cell-words.tsx'
import { ProblemText } from '../parts/problem.tsx'
import { useData } from '../parts/use-data.ts'
import { CellActions } from './cell-actions.tsx'
import { isAbout, type CellReference } from './about-cell.ts'
import { CallTable } from './call-table.tsx'
import { Output } from './output.tsx'

/** A cell: its program, waits, calls and output. */
export function CellDetailView({ sessionId, cellId }: CellReference): JSX.Element {
  const { live } = useConsole()
  const { data: cell, failure } = useData<CellDetail>({
    query: `${sessionId} ${cellId}`,
    live,
    load: async () => await get('/api/cell', { session: sessionId, cell: cellId }),
    isChange: (event) => isAbout({ sessionId, cellId }, event),
  })
  const [line, setLine] = useState<number | null>(null)
  if (cell === null) return failure === null ? <p class="empty">Loading…</p> : <ProblemText problem={failure} />
  return (
    <div class="cell">
      <CellHead cell={cell} />
      {failure !== null && <ProblemText problem={failure} />}
      <CellActions cell={cell} />
      <Waits cell={cell} look={setLine} />
      {cell.error !== null && (
        <section class="error-box" aria-label="Error">
          <h3>✕ Error</h3>
          <LongText text={cell.error} label="Error text" />
        </section>
      )}
      <CellSource cell={cell} line={line} />
      <CallTable cell={cell} look={setLine} />
      <Output cell={cell} />
    </div>
  )
}

function CellSource({ cell, line }: { readonly cell: CellDetail; readonly line: number | null }): JSX.Element {
  // The page shows the first line that waits, and stays there when the cell continues.
  const [first] = useState(cell.waitsAt[0]?.line ?? null)
  return (
    <section aria-label="Program">
      <h3>Program</h3>
      <SourceView
        source={cell.source}
        marks={cell.waitsAt.map((at) => ({ kind: 'call', index: 0, line: at.line, isCertain: true }))}
        line={line ?? first}
        current={new Set(cell.waitsAt.map((at) => at.line))}
        describe={(mark) => `Line ${mark.line} waits`}
        choose={() => undefined}
      />
    </section>
  )
}

const residences: { readonly [Residence in CellDetail['residence']]: string } = {
  loaded: 'loaded on a host',
  evicted: 'evicted: it waits without a host',
  not_open: 'its session is not open in any process',
  ended: 'ended',
  unknown: 'known only to the process that has the session open',
}

function CellHead({ cell }: { readonly cell: CellDetail }): JSX.Element {
  const { go } = useConsole()
  const { sessionId, cellId, startedAt, endedAt, owner, engine, trace } = cell
  const fragment = fragmentOf({ ...firstAddress, session: sessionId, cell: cellId })
  return (
    <>
      <header class="detail-head">
        <h2>Cell {oneLine(cellId, 60)}</h2>
        <CellStatusWord status={cell.status} />
        <CopyLink fragment={fragment} what="this cell" />
        {trace !== null && (
          <a class="link" href={trace} target="_blank" rel="noopener noreferrer">
            Open the trace<span class="unseen"> in a new tab</span> <span aria-hidden="true">↗</span>
          </a>
        )}
      </header>
      <dl class="facts-list">
        <dt>session</dt>
        <dd>
          <button
            type="button"
            class="link"
            onClick={() => go({ view: 'sessions', session: sessionId, cell: null, filter: null, search: '' })}
          >
            {oneLine(sessionId, 80)}
          </button>
        </dd>
        <dt>{endedAt === null ? 'runs for' : 'took'}</dt>
        <dd>{endedAt === null ? <Since at={startedAt} /> : showDuration(endedAt - startedAt)}</dd>
        <dt>started</dt>
        <dd title={showTime(startedAt)}>
          <Ago at={startedAt} />
        </dd>
        <dt>{endedAt === null ? 'open in' : 'ran in'}</dt>
        <dd>{ownerText(owner)}</dd>
        <dt>residence</dt>
        <dd>{residences[cell.residence]}</dd>
        {engine !== null && <dt>engine</dt>}
        {engine !== null && <dd>{oneLine(`${engine.name} ${engine.version}`, 60)}</dd>}
        {cell.execCallId !== null && <dt>call of the model</dt>}
        {cell.execCallId !== null && <dd>{oneLine(cell.execCallId, 80)}</dd>}
      </dl>
    </>
  )
}

type WaitsProps = { readonly cell: CellDetail; readonly look: (line: number) => void }

const maxWaits = 100

function Waits({ cell, look }: WaitsProps): JSX.Element | null {
  const { allWaits, waitsAt } = cell
  const { go } = useConsole()
  const [isAll, setAll] = useState(false)
  if (allWaits.length === 0) return null
  const lines = new Map(waitsAt.map(({ callId, line }) => [callId, line]))
  const people = allWaits.filter(({ type }) => type === 'person').length
  return (
    <section aria-label="Waits for">
      <h3>Waits for</h3>
      <ul class="wait-list">
        {allWaits.slice(0, isAll ? maxWaits : 5).map((wait, index) => {
          const line = 'callId' in wait ? lines.get(wait.callId) : undefined
          return (
            <li key={index}>
              <Wait wait={wait} />{' '}
              {line !== undefined && (
                <button type="button" class="link" onClick={() => look(line)}>
                  line {line}
                </button>
              )}
            </li>
          )
        })}
      </ul>
      {allWaits.length > 5 && !isAll && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show more ({showCount(allWaits.length - 5, 'wait')} left)
        </button>
      )}
      {people > 0 && (
        <button
          type="button"
          class="primary"
          onClick={() => go({ view: 'approvals', session: cell.sessionId, cell: cell.cellId })}
        >
          Decide about {showCount(people, 'call')}
        </button>
      )}
    </section>
  )
}
