import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Location } from '../backend/backend.ts'
import type { CallRecord, RunRecord } from '../run-record.ts'
import { CutText, visibleText } from './cut-text.tsx'
import { formatMs } from './format-ms.ts'
import { prettyJson } from './pretty-json.ts'

const maxShown = 300
const maxSummary = 80

export type CallsProps = { readonly record: RunRecord; readonly onGoTo: (location: Location) => void }

/** The calls of a program, with their durations on one time axis. */
export function Calls({ record, onGoTo }: CallsProps): JSX.Element | null {
  const { calls, droppedCalls, durationMs, startedAt } = record
  const isRunning = durationMs === null && calls.some(({ endedMs }) => endedMs === null)
  useTicks(isRunning)
  if (calls.length === 0) return null
  const known = calls.map(({ startedMs, endedMs }) => endedMs ?? startedMs)
  if (isRunning) known.push(performance.now() - startedAt)
  const endMs = Math.max(1, durationMs ?? 0, ...known)
  const hidden = droppedCalls + Math.max(0, calls.length - maxShown)
  return (
    <section aria-label="Calls">
      <h2>
        {calls.length === 1 ? '1 call' : `${calls.length} calls`} in {formatMs(endMs)}
      </h2>
      <ol class="pg-calls">
        {calls.slice(0, maxShown).map((call) => (
          <Call key={call.callId} call={call} endMs={endMs} onGoTo={onGoTo} />
        ))}
      </ol>
      {hidden > 0 && <p class="muted">{hidden} more calls are not shown</p>}
    </section>
  )
}

/** The time between two drawings of calls that run, in milliseconds. */
const tickMs = 200

/** Draws again and again while calls run. */
function useTicks(isRunning: boolean): void {
  const [, setTicks] = useState(0)
  useEffect(() => {
    if (!isRunning) return undefined
    const timer = setInterval(() => setTicks((count) => count + 1), tickMs)
    return () => clearInterval(timer)
  }, [isRunning])
}

const states: Readonly<Record<CallRecord['state'], string>> = {
  running: 'running',
  pending: 'waits for approval',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'canceled',
}

type CallProps = { readonly call: CallRecord; readonly endMs: number; readonly onGoTo: (location: Location) => void }

function Call({ call, endMs, onGoTo }: CallProps): JSX.Element {
  const [isOpen, setOpen] = useState(false)
  const { identifier, input, location, startedMs, endedMs, state, body } = call
  const width = Math.max(0.5, (((endedMs ?? endMs) - startedMs) / endMs) * 100)
  const left = Math.min(99.5, (startedMs / endMs) * 100)
  const summary = visibleText(input.slice(0, maxSummary))
  return (
    <li class={`pg-call pg-call-${state}`}>
      <div class="pg-call-head">
        <button type="button" class="pg-call-name" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <code>{visibleText(identifier)}</code>
          <span class="pg-call-input">{summary}</span>
        </button>
        <span class="pg-call-state">
          {states[state]}
          {endedMs !== null && ` · ${formatMs(endedMs - startedMs)}`}
        </span>
        {location !== null && (
          <button
            type="button"
            class="link pg-line"
            aria-label={`Go to line ${location.line}`}
            onClick={() => onGoTo(location)}
          >
            line {location.line}
          </button>
        )}
      </div>
      <div class="pg-track" aria-hidden="true">
        <div class="pg-span" style={{ marginLeft: `${left}%`, width: `${Math.min(width, 100 - left)}%` }} />
      </div>
      {isOpen && (
        <div class="pg-call-detail">
          <h3>Input</h3>
          {input === '' ? <p class="muted">No input</p> : <CutText text={prettyJson(input)} />}
          {body !== null && (
            <>
              <h3>{state === 'failed' ? 'Error' : 'Result'}</h3>
              <CutText text={state === 'failed' ? body : prettyJson(body)} />
            </>
          )}
        </div>
      )}
    </li>
  )
}
