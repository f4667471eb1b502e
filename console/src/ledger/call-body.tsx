import type { JSX } from 'preact'
import type { CallDetail, CallItem } from '../../../src/console/api.ts'
import { oneLine, showCount, showTime } from '../../../viewer/src/data/format.ts'
import { LongText } from '../../../viewer/src/detail/long-text.tsx'
import { useConsole } from '../app/context.ts'
import { Json } from '../approvals/group-section.tsx'
import { get } from '../data/api.ts'
import { ProblemText } from '../parts/problem.tsx'
import { useData } from '../parts/use-data.ts'

/** The input, result and decision of a call, which load when they are shown. */
export function CallBody({ call }: { readonly call: CallItem }): JSX.Element {
  const { live } = useConsole()
  const { data, failure } = useData<CallDetail>({
    query: `${call.sessionId} ${call.key} ${call.state} ${call.settled?.at ?? ''}`,
    live,
    load: async () => await get('/api/call', { session: call.sessionId, key: call.key }),
    isChange: () => false,
  })
  if (data === null) return failure === null ? <p class="muted">Loading…</p> : <ProblemText problem={failure} />
  const { input, result, note, decision, settled, reverted } = data
  return (
    <div class="call-body">
      <h4>Input</h4>
      {input.text === '' ? <p class="muted">No arguments</p> : <Json text={input.text} />}
      <Cut bytes={input.bytes} isComplete={input.isComplete} />
      {result !== null && (
        <>
          <h4>{result.type === 'json' ? 'Result' : 'Error'}</h4>
          {result.type === 'json' ? <Json text={result.text} /> : <LongText text={result.text} label="Error" />}
          <Cut bytes={result.bytes} isComplete={result.isComplete} />
        </>
      )}
      {note !== null && <LongText text={note} label="Note" />}
      {decision !== null && (
        <p class="note">
          {decision.state} by {oneLine(decision.decidedBy ?? 'an approver', 1000)}, {showTime(decision.decidedAt)}
          {decision.reason !== null && `: ${oneLine(decision.reason, 1000)}`}
        </p>
      )}
      {settled !== null && (
        <p class="note">
          {oneLine(settled.by ?? 'a user', 1000)} stated that it{' '}
          {settled.type === 'happened' ? 'happened' : 'did not happen'}, {showTime(settled.at)}
          {settled.note !== null && `: ${oneLine(settled.note, 1000)}`}
        </p>
      )}
      {reverted !== null && (
        <p class="note">
          {reverted.type === 'reverted' ? 'reverted' : `revert: ${reverted.type}`}, {showTime(reverted.at)}
          {reverted.note !== null && `: ${oneLine(reverted.note, 1000)}`}
        </p>
      )}
      <p class="muted note mono">key {oneLine(data.key, 1000)}</p>
    </div>
  )
}

function Cut({ bytes, isComplete }: { readonly bytes: number; readonly isComplete: boolean }): JSX.Element | null {
  return isComplete ? null : <p class="muted note">The beginning of {showCount(bytes, 'byte')}.</p>
}
