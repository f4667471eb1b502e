import type { JSX } from 'preact'
import type { ConsoleCallState } from '../../../src/console/api.ts'

const words: { readonly [State in ConsoleCallState]: readonly [string, string, string] } = {
  not_started: ['·', 'not started', 'muted'],
  started: ['◐', 'started', 'waits'],
  deferred: ['◇', 'deferred', 'waits'],
  applied: ['✓', 'applied', 'completed'],
  failed: ['✕', 'failed', 'failed'],
  unknown: ['?', 'unknown', 'attention'],
}

/** The state of a call on the ledger, as a word and a sign. */
export function CallState({ state }: { readonly state: ConsoleCallState }): JSX.Element {
  const [sign, text, look] = words[state]
  return (
    <span class={`status ${look}`}>
      <span aria-hidden="true">{sign}</span>
      {text}
    </span>
  )
}
