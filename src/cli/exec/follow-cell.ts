import type { FollowEvent, CellOutcome, Session } from '../../index.ts'
import type { ExecReporter } from './reporter.ts'
import { exitCodes } from '../common/exit-codes.ts'

export type Following = {
  readonly reporter: ExecReporter
  /** Aborted when the user interrupts the run. */
  readonly signal: AbortSignal
  /** Whether the run ends while its cell waits for results of deferred calls: a later run resumes the cell. */
  readonly canResume: boolean
  /** Adds hints to the outcome of a failed program. */
  readonly explain?: (outcome: CellOutcome) => CellOutcome
}

/** Reports the events of a cell until it ends, and terminates it when the user interrupts. Returns the exit code. */
export async function followCell(session: Session, cellId: string, following: Following): Promise<number> {
  const { reporter, signal, canResume, explain = (outcome) => outcome } = following
  const startedAt = performance.now()
  const calls = new ShownCalls(reporter)
  let stopped = Promise.resolve()
  const stop = (): void => {
    stopped = terminated(session, cellId, reporter)
  }
  // Following starts first: a cell that has ended cannot be followed.
  if (signal.aborted) queueMicrotask(stop)
  else signal.addEventListener('abort', stop, { once: true })
  reporter.started(cellId)
  try {
    for await (const event of session.follow(cellId)) {
      if (event.type === 'ended') {
        // Output of the termination is reported before the end.
        await stopped
        reporter.ended(explain(event.outcome), performance.now() - startedAt)
        return signal.aborted ? exitCodes.interrupted : exitCodeOf(event.outcome)
      }
      show(event, reporter, calls)
      const waiting = canResume && event.type === 'yielded' ? event.deferredCalls : undefined
      if (waiting === undefined) continue
      reporter.waiting(session.id, waiting)
      return exitCodes.waiting
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return exitCodes.scriptFailed
}

/** Terminates a cell and reports its remaining output. A session that closes terminates its cells itself. */
async function terminated(session: Session, cellId: string, reporter: ExecReporter): Promise<void> {
  const outcome = await session.terminate(cellId).catch(() => null)
  if (outcome !== null && 'items' in outcome) reporter.items(outcome.items)
}

function show(
  event: Exclude<FollowEvent, { readonly type: 'ended' }>,
  reporter: ExecReporter,
  calls: ShownCalls,
): void {
  switch (event.type) {
    case 'output':
      return reporter.items(event.items)
    case 'notification':
      return reporter.notification(event.text)
    case 'call_started':
      return calls.started(event.callId, event.tool)
    case 'call_deferred':
      return reporter.callDeferred(event)
    case 'call_ended':
      return calls.ended(event)
    case 'yielded':
      if (event.waitsForHost !== null) reporter.warning(`The cell waits for a host: ${event.waitsForHost}`)
      return
    default:
      return event satisfies never
  }
}

/** The nested calls in progress, with the start time of each. */
class ShownCalls {
  readonly #reporter: ExecReporter
  readonly #startedAt = new Map<string, number>()

  constructor(reporter: ExecReporter) {
    this.#reporter = reporter
  }

  started(id: string, tool: string): void {
    this.#startedAt.set(id, performance.now())
    this.#reporter.callStarted({ id, tool })
  }

  ended({ callId: id, tool, result, errorText }: Extract<FollowEvent, { readonly type: 'call_ended' }>): void {
    const startedAt = this.#startedAt.get(id) ?? performance.now()
    this.#startedAt.delete(id)
    const error = result === 'cancelled' ? 'cancelled: the cell ended first' : errorText
    this.#reporter.callEnded({ id, tool, durationMs: performance.now() - startedAt, error })
  }
}

function exitCodeOf(outcome: CellOutcome): number {
  if (outcome.type === 'completed') return exitCodes.completed
  return outcome.type === 'failed' && outcome.limit !== null ? exitCodes.limit : exitCodes.scriptFailed
}
