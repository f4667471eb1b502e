import type { ContentItem } from '../../protocol/content-item.ts'
import type { CellOutcome, YieldedOutcome } from './outcome.ts'

/** What `session.follow` tells of a cell, in the order in which it happened. */
export type FollowEvent =
  /** What the cell has printed since the last event. */
  | { readonly type: 'output'; readonly items: readonly ContentItem[] }
  /** The cell called `notify`. */
  | { readonly type: 'notification'; readonly text: string }
  /** A nested call: `callId` is `tool-1`, `tool-2`, …; `tool` what the program calls it by; `input` JSON text, empty for none. */
  | { readonly type: 'call_started'; readonly callId: string; readonly tool: string; readonly input: string }
  | {
      readonly type: 'call_ended'
      readonly callId: string
      readonly tool: string
      readonly result: 'answered' | 'failed' | 'cancelled'
      /** Null unless the call failed. */
      readonly errorText: string | null
    }
  /**
   * The cell goes on, and somebody may want to act: it called `yield_control`, calls of it wait for a decision, no host can be
   * started for it, or (`stalled`) it awaits something that nothing will ever settle.
   */
  | { readonly type: 'yielded'; readonly stalled: boolean; readonly waitsForHost: string | null }
  /** The last event. `items` of the outcome is empty: its output was told before. */
  | { readonly type: 'ended'; readonly outcome: Exclude<CellOutcome, YieldedOutcome> }

export type FollowOptions = {
  /**
   * Whether the output is handed over, as an observation does: nobody else can observe the cell meanwhile, and `ended` hands over
   * its result. `false` only watches: output and result stay for whoever observes the cell. Default: true.
   */
  readonly takesOutput?: boolean
  /** Aborting it ends the iteration with its reason; the cell goes on. */
  readonly signal?: AbortSignal
}
