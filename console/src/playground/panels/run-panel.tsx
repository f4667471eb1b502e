import type { JSX } from 'preact'
import type { Location, Run } from '../backend/backend.ts'
import type { RunRecord } from '../run-record.ts'
import { Approvals } from './approvals.tsx'
import { Calls } from './calls.tsx'
import { CutText } from './cut-text.tsx'
import { formatMs } from './format-ms.ts'
import { Output } from './output.tsx'

export type RunPanelProps = {
  readonly record: RunRecord | null
  readonly run: Run | null
  readonly note: string
  readonly onGoTo: (location: Location) => void
}

/** The output and the calls of the run. */
export function RunPanel({ record, run, note, onGoTo }: RunPanelProps): JSX.Element {
  if (record === null) return <p class="muted">{note} Press Run to start the program.</p>
  const isYielded = record.status === 'yielded'
  return (
    <>
      <p class={`pg-status pg-is-${record.status}`} role="status">
        {statusOf(record)}
      </p>
      {isYielded && (
        <div class="pg-yielded">
          <p>
            {record.yieldReason} The model would now call <code>wait</code>.
          </p>
          <button type="button" onClick={() => run?.wait()}>
            Wait
          </button>
        </div>
      )}
      <Approvals record={record} run={run} onGoTo={onGoTo} />
      {record.errorText !== null && (
        <section aria-label="Error" class="pg-failure">
          <h2>Error</h2>
          <CutText text={record.errorText} />
          <LineOfError text={record.errorText} onGoTo={onGoTo} />
        </section>
      )}
      <Output record={record} onGoTo={onGoTo} />
      <Calls record={record} onGoTo={onGoTo} />
      <Stored stored={record.stored} />
    </>
  )
}

function statusOf({ status, durationMs }: RunRecord): string {
  const after = durationMs === null ? '' : ` after ${formatMs(durationMs)}`
  switch (status) {
    case 'running':
      return 'Running…'
    case 'yielded':
      return 'Running, and the model has the output so far'
    case 'completed':
      return `Completed${after}`
    case 'failed':
      return `Failed${after}`
    case 'terminated':
      return `Terminated${after}`
    default:
      return status satisfies never
  }
}

type LineOfErrorProps = { readonly text: string; readonly onGoTo: (location: Location) => void }

/** A link to the first line of the program in an error. */
function LineOfError({ text, onGoTo }: LineOfErrorProps): JSX.Element | null {
  const [, line = '', column = '1'] = /exec_main\.mjs:(\d+)(?::(\d+))?/.exec(text) ?? []
  if (line === '') return null
  return (
    <button type="button" class="link" onClick={() => onGoTo({ line: Number(line), column: Number(column) })}>
      Go to line {line}
    </button>
  )
}

function Stored({ stored }: { readonly stored: ReadonlyMap<string, string> }): JSX.Element | null {
  if (stored.size === 0) return null
  return (
    <section aria-label="Stored values">
      <h2>Stored values</h2>
      <dl class="pg-stored">
        {[...stored].slice(0, 100).map(([key, json]) => (
          <div key={key}>
            <dt>{key.slice(0, 200)}</dt>
            <dd>
              <CutText text={json} maxLength={400} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
