import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { CallFigures, Statistics, TokenFigures } from '../../../src/console/api.ts'
import { oneLine, showCost, showCount, showDuration, showNumber } from '../../../viewer/src/data/format.ts'
import { useConsole } from '../app/context.ts'
import { get } from '../data/api.ts'
import { FilterButtons } from '../list/filter-buttons.tsx'
import { OnlySession } from '../list/only-session.tsx'
import { ProblemText } from '../parts/problem.tsx'
import { useData } from '../parts/use-data.ts'
import { Columns, NamedBars, type Bar } from './bars.tsx'

const hour = 3_600_000
const ranges = [
  { value: '1h', text: 'Last hour', ms: hour },
  { value: null, text: 'Last 24 hours', ms: 24 * hour },
  { value: '7d', text: 'Last 7 days', ms: 7 * 24 * hour },
  { value: '30d', text: 'Last 30 days', ms: 30 * 24 * hour },
]
const refreshMs = 15_000

/** Tokens, costs, calls and durations, per session and tool. */
export function ChartsView(): JSX.Element {
  const { live, address, go } = useConsole()
  const { filter, session, isOnly } = address
  const only = isOnly ? session : null
  const range = ranges.find(({ value }) => value === filter) ?? ranges[1]
  const { data, failure, reload } = useData<Statistics>({
    query: JSON.stringify([filter, only]),
    live,
    load: async () => await get('/api/statistics', { from: Date.now() - (range?.ms ?? hour), session: only }),
    isChange: () => false,
  })
  useEffect(() => {
    const timer = setInterval(reload, refreshMs)
    return () => clearInterval(timer)
  }, [filter, only])
  return (
    <section class="page charts" aria-label="Charts">
      <header class="page-title">
        <h2>Use</h2>
        <FilterButtons
          label="Time"
          filters={ranges.map(({ value, text }) => ({ value, text }))}
          value={range?.value ?? null}
          onChange={(value) => go({ filter: value })}
        />
        <OnlySession />
      </header>
      {failure !== null && <ProblemText problem={failure} />}
      {data === null ? failure === null && <p class="empty">Loading…</p> : <Figures statistics={data} />}
    </section>
  )
}

function Figures({ statistics }: { readonly statistics: Statistics }): JSX.Element {
  const { series, tools, sessions, models, tokenSeries, bucketMs } = statistics
  const calls = series.map((entry) => callBar(timeText(entry.at, bucketMs), entry))
  const tokens = tokenSeries?.map((entry) => tokenBar(timeText(entry.at, bucketMs), entry)) ?? []
  const mostCalls = Math.max(0, ...series.map((entry) => entry.calls))
  const mostTokens = Math.max(0, ...(tokenSeries ?? []).map((entry) => entry.inputTokens + entry.outputTokens))
  return (
    <>
      <div class="chart-pair">
        <Columns title="Calls" columns={calls} max={showCount(mostCalls, 'call')} />
        {tokenSeries !== null && <Columns title="Tokens" columns={tokens} max={showNumber(mostTokens)} />}
      </div>
      <p class="legend" aria-hidden="true">
        <span class="bar ok" /> succeeded <span class="bar bad" /> failed <span class="bar unknown" /> unknown{' '}
        {tokenSeries !== null && (
          <>
            <span class="bar input" /> input tokens <span class="bar cached" /> of these cached{' '}
            <span class="bar output" /> output tokens
          </>
        )}
      </p>
      <section aria-label="Tools">
        <h3>Tools: calls</h3>
        {tools.length === 0 && <p class="muted">No calls in this time</p>}
        <NamedBars title="Calls of each tool" bars={tools.map((tool) => callBar(oneLine(tool.identifier, 60), tool))} />
      </section>
      <section aria-label="Durations">
        <h3>Tools: durations (median, and 95 of 100 calls)</h3>
        <NamedBars title="Durations of each tool" bars={tools.flatMap(durationBar)} />
      </section>
      <section aria-label="Sessions">
        <h3>Sessions</h3>
        <SessionTable sessions={sessions} />
      </section>
      <section aria-label="Models">
        <h3>Models: tokens and cost</h3>
        {models === null ? (
          <p class="muted">Tokens and costs come from traces, which this console does not have.</p>
        ) : (
          <NamedBars
            title="Tokens of each model"
            bars={models.map((model) => tokenBar(oneLine(model.model, 60), model))}
          />
        )}
      </section>
    </>
  )
}

function callBar(label: string, { calls, failures, unknown }: CallFigures): Bar {
  const parts = [
    { value: calls - failures - unknown, look: 'ok' },
    { value: failures, look: 'bad' },
    { value: unknown, look: 'unknown' },
  ]
  const notes = [failures > 0 ? `${failures} failed` : '', unknown > 0 ? `${unknown} unknown` : '']
  return { label, parts, text: [showCount(calls, 'call'), ...notes.filter((note) => note !== '')].join(', ') }
}

function durationBar({ identifier, medianMs, p95Ms }: { readonly identifier: string } & CallFigures): readonly Bar[] {
  if (medianMs === null) return []
  const most = Math.max(medianMs, p95Ms ?? medianMs)
  const parts = [
    { value: medianMs, look: 'median' },
    { value: most - medianMs, look: 'rest' },
  ]
  return [{ label: oneLine(identifier, 60), parts, text: `${showDuration(medianMs)}, ${showDuration(most)}` }]
}

function tokenBar(label: string, { inputTokens, cachedTokens, outputTokens, cost }: TokenFigures): Bar {
  const parts = [
    { value: cachedTokens, look: 'cached' },
    { value: inputTokens - cachedTokens, look: 'input' },
    { value: outputTokens, look: 'output' },
  ]
  return { label, parts, text: tokenText({ inputTokens, outputTokens, cost }) }
}

function tokenText({
  inputTokens,
  outputTokens,
  cost,
}: Pick<TokenFigures, 'inputTokens' | 'outputTokens' | 'cost'>): string {
  const priced = cost === null ? '' : `, ${showCost(cost, '').trim()}`
  return `${showNumber(inputTokens)} in, ${showNumber(outputTokens)} out${priced}`
}

function SessionTable({ sessions }: Pick<Statistics, 'sessions'>): JSX.Element {
  const { go } = useConsole()
  if (sessions.length === 0) return <p class="muted">No sessions in this time</p>
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label="Figures of each session">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">session</th>
            <th scope="col">cells</th>
            <th scope="col">calls</th>
            <th scope="col">failed</th>
            <th scope="col">time in tools</th>
            <th scope="col">tokens in</th>
            <th scope="col">out</th>
            <th scope="col">cost</th>
          </tr>
        </thead>
        <tbody>
          {sessions.map(({ sessionId, cells, calls, failures, totalMs, tokens }) => (
            <tr key={sessionId}>
              <th scope="row">
                <button
                  type="button"
                  class="link"
                  onClick={() => go({ view: 'sessions', session: sessionId, filter: null, search: '', isOnly: false })}
                >
                  {oneLine(sessionId, 60)}
                </button>
              </th>
              <td>{cells.toLocaleString('en')}</td>
              <td>{calls.toLocaleString('en')}</td>
              <td>{failures.toLocaleString('en')}</td>
              <td>{showDuration(totalMs)}</td>
              <td>{tokens === null ? '–' : showNumber(tokens.inputTokens)}</td>
              <td>{tokens === null ? '–' : showNumber(tokens.outputTokens)}</td>
              <td>{tokens?.cost == null ? '–' : showCost(tokens.cost, '').trim()}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function timeText(at: number, bucketMs: number): string {
  const iso = new Date(at).toISOString()
  return bucketMs >= 24 * hour ? iso.slice(0, 10) : `${iso.slice(5, 16).replace('T', ' ')} UTC`
}
