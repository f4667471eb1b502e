import type { OutcomeLimitName } from '../../protocol/cell-limits.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { DeferredCall } from './deferred-call.ts'
import type { Remark } from '../../protocol/remark.ts'

type ObservedCell = {
  readonly cellId: string
  /** The output since the previous observation. */
  readonly items: readonly ContentItem[]
  /** Duration of the observation, in milliseconds. */
  readonly durationMs: number
  /** Set on the stored outcome of a repeated request; see `ObserveOptions.requestId`. */
  readonly isReplay?: true
}

/** The cell keeps running. */
export type YieldedOutcome = ObservedCell & {
  readonly type: 'yielded'
  /** Whether the cell awaits a promise that never settles, because no call, timer or command is outstanding. */
  readonly stalled: boolean
  /** The reason why no host can be started for the cell at the moment. The cell resumes as soon as a host starts. */
  readonly waitsForHost?: string
  /** The deferred calls of a cell that waits for nothing but their results. The cell resumes when a result is provided. */
  readonly deferredCalls?: readonly DeferredCall[]
}

/** The program ran to its end. */
export type CompletedOutcome = ObservedCell & {
  readonly type: 'completed'
  /** Remarks on work that the outcome does not show, e.g. calls that the end of the program cut off. Unset without remarks. */
  readonly remarks?: readonly Remark[]
}

/** The program failed or exceeded a limit. */
export type FailedOutcome = ObservedCell & {
  readonly type: 'failed'
  /** The error as the model reads it. */
  readonly errorText: string
  /** The limit that the cell exceeded; null when the program itself failed. */
  readonly limit: OutcomeLimitName | null
  /** Remarks on work that the outcome does not show. Unset without remarks. */
  readonly remarks?: readonly Remark[]
}

/** The cell was terminated. */
export type TerminatedOutcome = ObservedCell & {
  readonly type: 'terminated'
}

/** The cell does not exist: it never started, or its last outcome was already delivered. */
export type MissingOutcome = {
  readonly type: 'missing'
  readonly cellId: string
  readonly errorText: string
  readonly durationMs: number
}

/** The outcome of an observation. A program that fails has a `failed` outcome; the observation does not reject. */
export type CellOutcome = YieldedOutcome | CompletedOutcome | FailedOutcome | TerminatedOutcome | MissingOutcome
