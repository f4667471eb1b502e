import type { JSX } from 'preact'
import type { ViewEntry, ViewThread } from '../../../src/trace/view/view-data.ts'
import { EdgeList } from '../agents/edge-links.tsx'
import { oneLine, showCost, showCount, showNumber, showSince, showSpan, showTime } from '../data/format.ts'
import { agentName, labelOf, nameOfThread, statusOf, type Model } from '../data/model.ts'
import { Status } from '../detail/status.tsx'
import { causeOf } from '../detail/cell-cause.ts'
import { AgentTable } from './agent-table.tsx'
import { Limited, type OverviewProps } from './limited.tsx'
import { Turns } from './turns.tsx'

/** The whole trace at a glance: its sums, what was asked, the agents, what passed between them, and what failed. */
export function Overview({ model, app }: OverviewProps): JSX.Element {
  const { threadId } = app.state
  const edges = model.edges.filter(
    ({ from, to }) => threadId === null || from.threadId === threadId || to.threadId === threadId,
  )
  return (
    <section aria-label="Overview" class="overview">
      <Facts model={model} thread={threadId === null ? undefined : model.threads.get(threadId)} />
      <Turns model={model} app={app} />
      {model.data.threads.length > 1 && <AgentTable model={model} app={app} />}
      <Limited title="Between agents" list={edges} first={30}>
        {(shown) => <EdgeList model={model} app={app} edges={shown} />}
      </Limited>
      <Failures model={model} app={app} />
      <EndedCells model={model} app={app} />
      <Unreduced model={model} />
    </section>
  )
}

type FactsProps = { readonly model: Model; readonly thread: ViewThread | undefined }

/** The sums of the trace, or of one agent. */
function Facts({ model, thread }: FactsProps): JSX.Element {
  const { data } = model
  const { prices } = data
  const { totals } = thread ?? data
  const span = thread ?? { start: model.start, end: model.end }
  const { usage } = totals
  const isKnown = totals.requests > totals.requestsWithoutUsage
  const without = totals.requestsWithoutUsage
  return (
    <dl class="facts-grid" aria-label={thread === undefined ? 'Totals' : `Totals of ${oneLine(agentName(thread), 40)}`}>
      <Fact name="Duration" value={showSpan(span)} note={showTime(span.start).slice(0, 19)} />
      {thread !== undefined && (
        <Fact name="Agent" value={oneLine(agentName(thread), 24)} note={oneLine(thread.model ?? '', 40)} />
      )}
      {thread === undefined && data.threads.length > 1 && (
        <Fact name="Agents" value={data.threads.length.toLocaleString('en')} />
      )}
      <Fact
        name="Requests"
        value={totals.requests.toLocaleString('en')}
        note={without > 0 ? `${without.toLocaleString('en')} without tokens` : ''}
      />
      <Fact
        name="Input tokens"
        value={isKnown ? showNumber(usage.input_tokens) : '–'}
        note={isKnown ? `${showNumber(usage.cached_input_tokens)} cached` : 'not recorded'}
      />
      <Fact
        name="Output tokens"
        value={isKnown ? showNumber(usage.output_tokens) : '–'}
        note={isKnown ? `${showNumber(usage.reasoning_output_tokens)} reasoning` : 'not recorded'}
      />
      {prices !== null && (
        <Fact
          name="Cost"
          value={totals.cost === null ? '–' : showCost(totals.cost, prices.currency)}
          note={
            totals.requestsWithoutPrice > 0
              ? `without ${showCount(totals.requestsWithoutPrice, 'request')} to models without a price`
              : ''
          }
        />
      )}
      <Fact name="Cells" value={totals.cells.toLocaleString('en')} note={showCount(totals.calls, 'call')} />
      <Fact name="Errors" value={totals.errors.toLocaleString('en')} isBad={totals.errors > 0} />
    </dl>
  )
}

type FactProps = { readonly name: string; readonly value: string; readonly note?: string; readonly isBad?: boolean }

function Fact({ name, value, note = '', isBad = false }: FactProps): JSX.Element {
  return (
    <div class={isBad ? 'fact is-bad' : 'fact'}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {note !== '' && <span class="muted"> {note}</span>}
      </dd>
    </div>
  )
}

/** Everything that failed, with the beginning of its error. */
function Failures({ model, app }: OverviewProps): JSX.Element {
  const { threadId } = app.state
  const failed = model.entries.filter((entry) => entry.isError && (threadId === null || entry.thread === threadId))
  return (
    <Limited title="Errors" list={failed} first={20}>
      {(shown) => (
        <ol class="steps">
          {shown.map((entry) => (
            <li key={entry.id}>
              <span class="muted time">{showSince(entry.start, model.start)}</span>
              <span>
                <Status status={statusOf(entry)} isShort />{' '}
                <button type="button" class="link" onClick={() => app.select(entry.id)}>
                  {oneLine(labelOf(entry), 60)}
                </button>
                {model.threads.size > 1 && (
                  <span class="agent-tag">{oneLine(nameOfThread(model, entry.thread), 30)}</span>
                )}{' '}
                <span class="said">{oneLine(errorOf(model, entry), 200)}</span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </Limited>
  )
}

function errorOf({ calls, cells }: Model, { id, failure }: ViewEntry): string {
  return (failure ?? calls.get(id)?.errorText ?? cells.get(id)?.errorText)?.text ?? ''
}

/** The cells that something else than their program ended. */
function EndedCells({ model, app }: OverviewProps): JSX.Element {
  const { threadId } = app.state
  const ended = model.entries.filter((entry) => {
    const end = model.cells.get(entry.id)?.end
    return end !== undefined && end?.by !== 'program' && (threadId === null || entry.thread === threadId)
  })
  return (
    <Limited title="Cells that did not end by themselves" list={ended} first={20}>
      {(shown) => (
        <ol class="steps">
          {shown.map((entry) => (
            <li key={entry.id}>
              <span class="muted time">{showSince(entry.end ?? entry.start, model.start)}</span>
              <span>
                <button type="button" class="link" onClick={() => app.select(entry.id)}>
                  {oneLine(labelOf(entry), 60)}
                </button>
                {model.threads.size > 1 && (
                  <span class="agent-tag">{oneLine(nameOfThread(model, entry.thread), 30)}</span>
                )}{' '}
                {causeOf(model.cells.get(entry.id)?.end ?? null)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Limited>
  )
}

/** The events that the reducer did not accept: the page has nothing else from them. */
function Unreduced({ model }: { readonly model: Model }): JSX.Element {
  const { unreduced } = model.data
  return (
    <Limited title="Events that are not in the page" list={unreduced} first={50}>
      {(shown) => (
        <ol class="steps">
          {shown.map(({ seq, at, type, threadId }, index) => (
            <li key={index}>
              <span class="muted time">{showSince(at, model.data.span.start)}</span>
              <span>
                <span class="said">
                  {seq} {oneLine(type, 80)}
                </span>{' '}
                {threadId !== null && model.threads.size > 1 && (
                  <span class="agent-tag">{oneLine(nameOfThread(model, threadId), 30)}</span>
                )}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Limited>
  )
}
