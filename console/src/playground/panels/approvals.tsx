import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { escapeInvisible } from '../../../../src/text/escape-invisible.ts'
import type { Location, Run } from '../backend/backend.ts'
import type { CallRecord, RunRecord } from '../run-record.ts'
import { prettyJson } from './pretty-json.ts'
import { CutText } from './cut-text.tsx'

export type ApprovalsProps = {
  readonly record: RunRecord
  readonly run: Run | null
  readonly onGoTo: (location: Location) => void
}

const maxShown = 20

/** The calls that wait for a decision. */
export function Approvals({ record, run, onGoTo }: ApprovalsProps): JSX.Element | null {
  const pending = record.calls.filter(({ state }) => state === 'pending')
  if (pending.length === 0) return null
  return (
    <section class="pg-approvals" aria-label="Approvals">
      {pending.slice(0, maxShown).map((call) => (
        <Approval key={call.callId} call={call} run={run} onGoTo={onGoTo} />
      ))}
      {pending.length > maxShown && <p class="muted">{pending.length - maxShown} more calls wait</p>}
    </section>
  )
}

type ApprovalProps = {
  readonly call: CallRecord
  readonly run: Run | null
  readonly onGoTo: (location: Location) => void
}

function Approval({ call, run, onGoTo }: ApprovalProps): JSX.Element {
  const [reason, setReason] = useState('')
  const { identifier, input, key, location, callId } = call
  return (
    <div class="pg-approval" role="group" aria-label={`Approval of ${identifier}, ${callId}`}>
      <h2>
        Approve <code>tools.{escapeInvisible(identifier)}</code>?
      </h2>
      <CutText text={prettyJson(input)} maxLength={20_000} />
      {location !== null && (
        <button type="button" class="link" onClick={() => onGoTo(location)}>
          Go to line {location.line}
        </button>
      )}
      <div class="pg-decide">
        <button type="button" class="pg-approve" onClick={() => key !== null && run?.decide(key, { type: 'allow' })}>
          Approve
        </button>
        <button type="button" onClick={() => key !== null && run?.decide(key, { type: 'deny', reason })}>
          Deny
        </button>
        <input
          aria-label="Reason of a denial"
          placeholder="Reason of a denial"
          value={reason}
          maxLength={500}
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </div>
    </div>
  )
}
