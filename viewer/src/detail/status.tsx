import type { JSX } from 'preact'

const signs: { readonly [status: string]: string | undefined } = {
  completed: '✓',
  failed: '✕',
  error: '✕',
  unreadable: '✕',
  running: '◐',
  starting: '◐',
  yielded: '◐',
  terminated: '⊘',
  cancelled: '⊘',
  aborted: '⊘',
}

/** A status as a word and a sign, because color alone is not accessible. */
export function Status({
  status,
  isShort = false,
}: {
  readonly status: string
  readonly isShort?: boolean
}): JSX.Element {
  const sign = Object.hasOwn(signs, status) ? signs[status] : '·'
  return (
    <span class={`status ${status}`} title={status}>
      <span aria-hidden="true">{sign}</span>
      <span class={isShort ? 'unseen' : ''}>{status}</span>
    </span>
  )
}
