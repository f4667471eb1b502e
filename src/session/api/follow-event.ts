import type { ContentItem } from '../../protocol/content-item.ts'
import type { DeferredCall } from './deferred-call.ts'
import type { CellOutcome, YieldedOutcome } from './outcome.ts'

/** An event of `session.follow`. Events arrive in the order in which they happened. */
export type FollowEvent =
  /** Output since the last event. */
  | { readonly type: 'output'; readonly items: readonly ContentItem[] }
  /** The cell called `notify`. */
  | { readonly type: 'notification'; readonly text: string }
  /**
   * A nested call started. `callId` is `tool-1`, `tool-2`, …; `tool` is the identifier; `input` is JSON, or empty for no
   * input.
   */
  | { readonly type: 'call_started'; readonly callId: string; readonly tool: string; readonly input: string }
  /** The result of a nested call arrives later, by its key. */
  | ({ readonly type: 'call_deferred' } & DeferredCall)
  /** A nested call ended. */
  | {
      readonly type: 'call_ended'
      readonly callId: string
      readonly tool: string
      readonly result: 'succeeded' | 'failed' | 'cancelled'
      /** Null unless the call failed. */
      readonly errorText: string | null
    }
  /**
   * The cell keeps running, and the caller can act: the cell called `yield_control`, has pending calls, waits for a host
   * (`waitsForHost` is the reason why none can be started), waits for nothing but results of deferred calls (`deferredCalls`), or
   * awaits a promise that never settles (`stalled`).
   */
  | {
      readonly type: 'yielded'
      readonly stalled: boolean
      readonly waitsForHost: string | null
      readonly deferredCalls?: readonly DeferredCall[]
    }
  /** The cell ended. This is the last event. `items` of the outcome is empty, because earlier events contain the output. */
  | { readonly type: 'ended'; readonly outcome: Exclude<CellOutcome, YieldedOutcome> }

/** The options of `session.follow`. */
export type FollowOptions = {
  /**
   * Whether the follow takes the output and the result of the cell, as an observation does. No other caller can then observe the
   * cell at the same time. `false` only watches: output and result remain available to an observation.
   *
   * @default true
   */
  readonly takesOutput?: boolean
  /** Rejects the iteration with its reason when aborted. The cell keeps running. */
  readonly signal?: AbortSignal
}
