import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { CellDetail, CellRequest, RevertResponse } from '../../../src/console/api.ts'
import { oneLine, showCount, visible } from '../../../viewer/src/data/format.ts'
import { useConsole, whyReadOnly } from '../app/context.ts'
import { post } from '../data/api.ts'
import { announce } from '../parts/announcer.tsx'
import { Confirm } from '../parts/confirm.tsx'

/** Terminates a cell that runs, and reverts the calls of one that has ended. */
export function CellActions({ cell }: { readonly cell: CellDetail }): JSX.Element {
  const { sessionId, cellId, endedAt, calls } = cell
  const isRevertable = endedAt !== null && calls.applied + calls.unknown > 0
  return (
    <div class="cell-actions">
      {endedAt === null && <TerminateButton sessionId={sessionId} cellId={cellId} />}
      {isRevertable && <RevertButton sessionId={sessionId} cellId={cellId} />}
    </div>
  )
}

function TerminateButton({ sessionId, cellId }: CellRequest): JSX.Element {
  const { me } = useConsole()
  const [isAsked, setAsked] = useState(false)
  const [done, setDone] = useState<string | null>(null)
  const readOnly = whyReadOnly(me)
  const act = async (): Promise<void> => {
    const { type } = await post('/api/terminate', { sessionId, cellId })
    const text = type === 'ended' ? 'The cell had already ended.' : 'The termination is requested.'
    setDone(text)
    announce(text)
  }
  return (
    <div class="actions">
      <button type="button" aria-disabled={readOnly !== null} onClick={() => readOnly === null && setAsked(true)}>
        Terminate…
      </button>
      <span class="muted note">{readOnly ?? done}</span>
      {isAsked && (
        <Confirm
          title={`Terminate cell ${oneLine(cellId, 40)}?`}
          verb="Terminate"
          close={() => setAsked(false)}
          act={act}
        >
          <p>The program stops at once. Calls that have started are aborted; their effects can remain.</p>
        </Confirm>
      )}
    </div>
  )
}

/** Reverts the calls of a cell, and shows what happened to each. */
export function RevertButton({ sessionId, cellId }: CellRequest): JSX.Element {
  const { me } = useConsole()
  const [isAsked, setAsked] = useState(false)
  const [calls, setCalls] = useState<RevertResponse['calls'] | null>(null)
  const whyNot = whyReadOnly(me) ?? me.unavailable.revert
  const reverted = calls?.filter(({ type }) => type === 'reverted').length ?? 0
  const act = async (): Promise<void> => {
    const response = await post('/api/revert', { sessionId, cellId })
    setCalls(response.calls)
    announce(`${showCount(response.calls.length, 'call')} of the cell: see the result of each`)
  }
  return (
    <>
      <div class="actions">
        <button type="button" aria-disabled={whyNot !== null} onClick={() => whyNot === null && setAsked(true)}>
          Revert the calls of the cell…
        </button>
        <span class="muted note">{whyNot}</span>
      </div>
      {calls !== null && (
        <div class="notice">
          <p>
            {reverted} of {showCount(calls.length, 'call')} reverted
          </p>
          <ul>
            {calls.map(({ key, identifier, type, text }) => (
              <li key={key}>
                <span class="mono">{oneLine(identifier, 80)}</span>: {type.replaceAll('_', ' ')}
                {text !== null && ` (${visible(text.slice(0, 500))})`}
              </li>
            ))}
          </ul>
        </div>
      )}
      {isAsked && (
        <Confirm
          title={`Revert the calls of cell ${oneLine(cellId, 40)}?`}
          verb="Revert"
          close={() => setAsked(false)}
          act={act}
        >
          <p>
            Each tool that can undo its calls does so, the last call first. Calls of other tools remain. A revert has
            effects like a call.
          </p>
        </Confirm>
      )}
    </>
  )
}
