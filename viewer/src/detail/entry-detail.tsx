import type { JSX } from 'preact'
import type { ViewEntry, ViewToolCall } from '../../../src/trace/view/view-data.ts'
import { LineLink } from './cell-events.tsx'
import { DetailHead } from './detail-head.tsx'
import { oneLine } from '../data/format.ts'
import { Preview } from './long-text.tsx'
import { cellOf, labelOf, type Model } from '../data/model.ts'
import { Payloads } from './payload.tsx'

type CallDetailProps = {
  readonly model: Model
  readonly entry: ViewEntry
  readonly call: ViewToolCall
  readonly select: (id: string, line: number | null) => void
}

/** A nested call, a wait, or a call of the model: its input and its output. */
export function CallDetail({ model, entry, call, select }: CallDetailProps): JSX.Element {
  const cell = cellOf(model, entry)
  return (
    <>
      <DetailHead entry={entry}>
        <dt>kind</dt>
        <dd>{oneLine(call.kind, 60)}</dd>
        {entry.call !== null && <dt>id</dt>}
        {entry.call !== null && <dd>{oneLine(entry.call, 60)}</dd>}
      </DetailHead>
      <p class="origin">
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
      {call.errorText !== null && (
        <section class="error-box" aria-label="Error">
          <h3>✕ Error</h3>
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

export function InferenceDetail({ entry }: { readonly entry: ViewEntry }): JSX.Element {
  const { usage, server } = entry
  return (
    <>
      <DetailHead entry={entry}>
        {server !== null && <dt>provider</dt>}
        {server !== null && <dd>{oneLine(server, 60)}</dd>}
      </DetailHead>
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
        </dl>
      )}
      <Payloads ids={entry.payloads} />
    </>
  )
}

/** An entry without further details. */
export function TurnDetail({ entry }: { readonly entry: ViewEntry }): JSX.Element {
  return (
    <DetailHead entry={entry}>
      <dt>id</dt>
      <dd>{oneLine(entry.id, 80)}</dd>
    </DetailHead>
  )
}
