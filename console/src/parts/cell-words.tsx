import type { JSX } from 'preact'
import type { CellStatus, ConsoleWait, Owner } from '../../../src/console/api.ts'
import { oneLine } from '../../../viewer/src/data/format.ts'
import { Left, Since } from './clock.tsx'

type Words = { readonly sign: string; readonly text: string; readonly look: string }

/** Each status as words and a sign, because color alone is not accessible. */
export const statusWords: { readonly [Status in CellStatus]: Words } = {
  waits_person: { sign: '◈', text: 'waits for a person', look: 'attention' },
  waits_result: { sign: '◇', text: 'waits for a result', look: 'waits' },
  waits_host: { sign: '◌', text: 'waits for a host', look: 'waits' },
  waits_tool: { sign: '◐', text: 'waits for a tool', look: 'waits' },
  waits_timer: { sign: '◷', text: 'waits for a timer', look: 'waits' },
  running: { sign: '▶', text: 'running', look: 'running' },
  interrupted: { sign: '‖', text: 'not open', look: 'muted' },
  finished: { sign: '✓', text: 'finished', look: 'completed' },
  completed: { sign: '✓', text: 'completed', look: 'completed' },
  failed: { sign: '✕', text: 'failed', look: 'failed' },
  terminated: { sign: '⊘', text: 'terminated', look: 'muted' },
}

export function CellStatusWord({ status }: { readonly status: CellStatus }): JSX.Element {
  const { sign, text, look } = statusWords[status]
  return (
    <span class={`status ${look}`}>
      <span aria-hidden="true">{sign}</span>
      {text}
    </span>
  )
}

/** One reason why a cell waits. */
export function Wait({ wait }: { readonly wait: ConsoleWait }): JSX.Element {
  if (wait.type === 'timer') {
    return (
      <>
        timer, <Left at={wait.due} />
      </>
    )
  }
  if (wait.type === 'host') return <>no host: {oneLine(wait.reason, 200)}</>
  return (
    <>
      {wait.type === 'person' ? 'a decision about ' : wait.type === 'result' ? 'the result of ' : ''}
      <span class="mono">tools.{oneLine(wait.identifier, 80)}</span>
      {wait.since !== null && (
        <>
          {' for '}
          <Since at={wait.since} />
        </>
      )}
      {wait.type === 'result' && wait.expiresAt !== null && (
        <>
          , <Left at={wait.expiresAt} />
        </>
      )}
      {wait.type === 'result' && wait.note !== null && `: ${oneLine(wait.note, 200)}`}
    </>
  )
}

/** The process that has a session open, in words. */
export function ownerText(owner: Owner | null): string {
  if (owner === null) return 'not open in any process'
  const where =
    owner.node === null ? (owner.pid === null ? 'this server' : `process ${owner.pid}`) : `node ${owner.node}`
  return oneLine(owner.isAlive ? where : `${where}, whose lease is over`, 120)
}
