import type { JSX } from 'preact'
import { oneLine } from '../../../viewer/src/data/format.ts'
import { useConsole } from '../app/context.ts'

/** The button that removes the limit of a list to one session. */
export function OnlySession(): JSX.Element | null {
  const { address, go } = useConsole()
  if (!address.isOnly || address.session === null) return null
  return (
    <button type="button" class="only" onClick={() => go({ isOnly: false })}>
      <span class="unseen">Remove the filter of </span>session {oneLine(address.session, 40)}{' '}
      <span aria-hidden="true">✕</span>
    </button>
  )
}
