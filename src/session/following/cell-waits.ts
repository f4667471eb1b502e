import type { DeferredCall } from '../api/deferred-call.ts'

/** The reasons why a cell that yields makes no progress. */
export type CellWaits = {
  /** Whether nothing can settle the promise that the program awaits. */
  readonly isStalled: boolean
  /** The reason why no host can be started; null when the program does not wait for a host. */
  readonly hostTrouble: string | null
  /** The deferred calls, if the program waits for nothing else; otherwise none. */
  readonly deferredCalls: readonly DeferredCall[]
}
