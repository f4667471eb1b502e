import type { JSX } from 'preact'
import type { ViewInference, ViewToolCall } from '../../src/trace/view/view-data.ts'
import { oneLine, showSpan, showTime } from './format.ts'
import { LineLink } from './happened.tsx'
import { Preview } from './long-text.tsx'
import { cellKey, type Entry, type Model } from './model.ts'
import { Payloads } from './payload.tsx'
import { Status } from './status.tsx'

type CallDetailProps = {
  readonly model: Model
  readonly call: ViewToolCall
  readonly parent: string | null
  readonly goToLine: (key: string, line: number | null) => void
}

/** A nested call, a wait, or a call of the model: what went in, what came out. */
export function CallDetail({ model, call, parent, goToLine }: CallDetailProps): JSX.Element {
  const key = call.cell === null ? parent : cellKey(call.cell)
  const cell = key === null ? undefined : model.byKey.get(key)
  return (
    <>
      <Head name={call.name} entry={call}>
        <dt>kind</dt>
        <dd>{oneLine(call.kind, 60)}</dd>
        {call.runtimeId !== null && <dt>id</dt>}
        {call.runtimeId !== null && <dd>{oneLine(call.runtimeId, 60)}</dd>}
      </Head>
      <p class="origin">
        {cell === undefined ? (
          'Called by the model'
        ) : (
          <>
            {call.cell === null ? 'Waited for ' : 'Called by '}
            <button type="button" class="link" onClick={() => goToLine(cell.key, call.line)}>
              {oneLine(cell.name, 60)}
            </button>
            {call.line !== null && (
              <>
                {', '}
                <LineLink line={call.line} look={(line) => goToLine(cell.key, line)} />
              </>
            )}
          </>
        )}
        {model.slow.has(`call ${call.id}`) && <span class="slow"> ◷ among the slowest of this trace</span>}
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
      <Payloads ids={call.payloads} />
    </>
  )
}

export function InferenceDetail({ inference }: { readonly inference: ViewInference }): JSX.Element {
  const { usage } = inference
  return (
    <>
      <Head name={inference.model} entry={inference}>
        <dt>provider</dt>
        <dd>{oneLine(inference.provider, 60)}</dd>
      </Head>
      {usage === null ? (
        <p class="muted">No tokens were recorded</p>
      ) : (
        <dl class="usage">
          {Object.entries(usage).map(([name, tokens]) => (
            <div key={name}>
              <dt>{name} tokens</dt>
              <dd>{tokens.toLocaleString('en')}</dd>
            </div>
          ))}
        </dl>
      )}
      <Payloads ids={inference.payloads} />
    </>
  )
}

export function TurnDetail({ entry }: { readonly entry: Entry }): JSX.Element {
  return (
    <Head name="Turn" entry={entry}>
      <dt>id</dt>
      <dd>{oneLine(entry.id, 80)}</dd>
    </Head>
  )
}

type HeadProps = {
  readonly name: string
  readonly entry: Pick<Entry, 'span' | 'status'>
  readonly children: JSX.Element | readonly (JSX.Element | false)[]
}

function Head({ name, entry, children }: HeadProps): JSX.Element {
  return (
    <header class="detail-head">
      <h2>{oneLine(name, 100)}</h2>
      <Status status={entry.status} />
      <dl>
        <dt>took</dt>
        <dd>{showSpan(entry.span)}</dd>
        <dt>began</dt>
        <dd>{showTime(entry.span.start)}</dd>
        {children}
      </dl>
    </header>
  )
}
