import type { JSX } from 'preact'
import type { ViewEntry, ViewToolCall } from '../../../src/trace/view/view-data.ts'
import type { App } from '../app-state.ts'
import { EdgeLinks } from '../agents/edge-links.tsx'
import { AgentOf } from './agent-of.tsx'
import { LineLink } from './cell-events.tsx'
import { DetailHead } from './detail-head.tsx'
import { oneLine, showCost } from '../data/format.ts'
import { Preview } from './long-text.tsx'
import { cellOf, labelOf, nameOfThread, type Model } from '../data/model.ts'
import { Payloads } from './payload.tsx'

type CallDetailProps = {
  readonly model: Model
  readonly entry: ViewEntry
  readonly call: ViewToolCall
  readonly app: App
}

/** A nested call, a wait, or a call of the model: its input and its output. */
export function CallDetail({ model, entry, call, app }: CallDetailProps): JSX.Element {
  const { select } = app
  const cell = cellOf(model, entry)
  return (
    <>
      <DetailHead entry={entry}>
        <dt>kind</dt>
        <dd>{oneLine(call.kind, 60)}</dd>
        {entry.server !== null && <dt>server</dt>}
        {entry.server !== null && <dd>{oneLine(`${entry.server}: ${entry.name}`, 80)}</dd>}
        {entry.call !== null && <dt>id</dt>}
        {entry.call !== null && <dd>{oneLine(entry.call, 60)}</dd>}
      </DetailHead>
      <p class="origin">
        <AgentOf model={model} app={app} entry={entry} />
        {'. '}
        {cell === null ? (
          'Called by the model'
        ) : (
          <>
            {entry.type === 'wait' ? 'Waits for ' : 'Called by '}
            <button type="button" class="link" onClick={() => select(cell.id, call.line)}>
              {oneLine(labelOf(cell), 60)}
            </button>
            {call.line !== null && (
              <>
                {', '}
                <LineLink line={call.line} look={(line) => select(cell.id, line)} />
              </>
            )}
          </>
        )}
        {model.slow.has(entry.id) && <span class="slow"> ◷ among the slowest of this trace</span>}
      </p>
      <EdgeLinks model={model} app={app} ids={[entry.id]} />
      {call.errorText !== null && (
        <section class="error-box" aria-label="Error">
          <h3>✕ {entry.status === 'completed' ? 'The result is an error (isError)' : 'Error'}</h3>
          <Preview text={call.errorText} label="Error text" />
        </section>
      )}
      <div class="halves">
        <section aria-label="Input" class="half">
          <h3>Input</h3>
          {call.input === null ? <p class="muted">Not recorded</p> : <Preview text={call.input} label="Input text" />}
        </section>
        <section aria-label="Output" class="half">
          <h3>Output</h3>
          {call.output === null ? <p class="muted">None</p> : <Preview text={call.output} label="Output text" />}
        </section>
      </div>
      <Payloads ids={entry.payloads} />
    </>
  )
}

type EntryDetailProps = Pick<CallDetailProps, 'model' | 'entry' | 'app'>

export function InferenceDetail({ model, entry, app }: EntryDetailProps): JSX.Element {
  const { usage, server, cost } = entry
  const request = model.data.requests.find((each) => each.entry === entry.id)
  const first = request?.added[0] ?? request?.response[0]
  return (
    <>
      <DetailHead entry={entry}>
        {server !== null && <dt>provider</dt>}
        {server !== null && <dd>{oneLine(server, 60)}</dd>}
        {request !== undefined && <dt>new items</dt>}
        {request !== undefined && <dd>{request.added.length.toLocaleString('en')}</dd>}
      </DetailHead>
      <p class="origin">
        {model.threads.size > 1 && `Agent ${oneLine(nameOfThread(model, entry.thread), 40)}, `}
        <button
          type="button"
          class="link"
          onClick={() => (first === undefined ? app.showThread(entry.thread, 'conversation') : app.showItem(first))}
        >
          in the conversation
        </button>
      </p>
      {entry.failure !== null && (
        <section class="error-box" aria-label="Error">
          <h3>✕ {entry.isError ? 'Error' : 'Cancelled'}</h3>
          <Preview text={entry.failure} label="Error text" />
        </section>
      )}
      {usage === null ? (
        <p class="muted">No tokens were recorded</p>
      ) : (
        <dl class="usage">
          {Object.entries(usage).map(([name, tokens]) => (
            <div key={name}>
              <dt>{name.replaceAll('_', ' ')}</dt>
              <dd>{tokens.toLocaleString('en')}</dd>
            </div>
          ))}
          {model.data.prices !== null && (
            <div>
              <dt>cost</dt>
              <dd>{cost === null ? 'no price of this model' : showCost(cost, model.data.prices.currency)}</dd>
            </div>
          )}
        </dl>
      )}
      <Payloads ids={entry.payloads} />
    </>
  )
}

/** A turn, with its agent. */
export function TurnDetail({ model, entry, app }: EntryDetailProps): JSX.Element {
  return (
    <>
      <DetailHead entry={entry}>
        <dt>id</dt>
        <dd>{oneLine(entry.id, 80)}</dd>
      </DetailHead>
      <p class="origin">
        <AgentOf model={model} app={app} entry={entry} />
      </p>
    </>
  )
}
