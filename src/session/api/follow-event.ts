import type { ContentItem } from '../../protocol/content-item.ts'
import type { CellOutcome, YieldedOutcome } from './outcome.ts'

/** An event of `session.follow`, in the order in which it happened. */
export type FollowEvent =
  /** Output since the last event. */
  | { readonly type: 'output'; readonly items: readonly ContentItem[] }
  /** The cell called `notify`. */
  | { readonly type: 'notification'; readonly text: string }
  /** A nested call: `callId` is `tool-1`, `tool-2`, …; `tool` is its identifier; `input` is JSON, empty for no input. */
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
   * The cell keeps running, and the caller can act: it called `yield_control`, calls of it wait for a decision, no host can be
   * started for it, or (`stalled`) it awaits a promise that nothing will ever settle.
   */
  | { readonly type: 'yielded'; readonly stalled: boolean; readonly waitsForHost: string | null }
  /** The last event. `items` of the outcome is empty, because earlier events had the output. */
  | { readonly type: 'ended'; readonly outcome: Exclude<CellOutcome, YieldedOutcome> }

/** The options of `session.follow`. */
export type FollowOptions = {
  /**
   * Whether the output is delivered, as an observation does: no other caller can observe the cell at the same time, and `ended`
   * delivers its result. `false` only watches: output and result stay for the caller that observes the cell.
   *
   * @default true
   */
  readonly takesOutput?: boolean
  /** Ends the iteration with its reason when aborted. The cell keeps running. */
  readonly signal?: AbortSignal
}
