import type { OutcomeLimitName } from '../../protocol/cell-limits.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { Remark } from '../../protocol/remark.ts'

type ObservedCell = {
  readonly cellId: string
  /** The output since the previous observation. */
  readonly items: readonly ContentItem[]
  /** How long the observation took, in milliseconds. */
  readonly durationMs: number
  /** Set on the response to a repeated request, which was delivered before; see `ObserveOptions.requestId`. */
  readonly isReplay?: true
}

/** The cell keeps running. */
export type YieldedOutcome = ObservedCell & {
  readonly type: 'yielded'
  /** Whether the cell awaits a promise that no tool, timer or command will ever settle. */
  readonly stalled: boolean
  /** Why no host can be started for the cell at the moment. The cell resumes by itself as soon as one can. */
  readonly waitsForHost?: string
}

/** The script ran to its end. */
export type CompletedOutcome = ObservedCell & {
  readonly type: 'completed'
  /** Work of the script that was lost, when any was. */
  readonly remarks?: readonly Remark[]
}

/** The script failed, or exceeded a limit. */
export type FailedOutcome = ObservedCell & {
  readonly type: 'failed'
  readonly errorText: string
  /** The limit that the cell exceeded; null when the script itself failed. */
  readonly limit: OutcomeLimitName | null
  readonly remarks?: readonly Remark[]
}

/** The cell was terminated. */
export type TerminatedOutcome = ObservedCell & {
  readonly type: 'terminated'
}

/** The cell does not exist: it never started, or its last outcome was delivered before. */
export type MissingOutcome = {
  readonly type: 'missing'
  readonly cellId: string
  readonly errorText: string
  readonly durationMs: number
}

/** The result of observing a cell. A script that fails is an outcome like the others, never an exception. */
export type CellOutcome = YieldedOutcome | CompletedOutcome | FailedOutcome | TerminatedOutcome | MissingOutcome
