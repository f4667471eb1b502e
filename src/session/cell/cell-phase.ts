import type { Ending } from './cell-outcomes.ts'
import type { Observer } from './observer.ts'

/**
 * The life of a cell. `running` and `finishing` (over, but notifications are on their way) take an observer; `finished`
 * holds a result that nobody has taken; one caller takes the cell out of it, or terminates it, and it is `closed`.
 */
export type CellPhase =
  | { readonly type: 'running'; readonly observer: Observer | null }
  | { readonly type: 'finishing'; readonly observer: Observer | null; readonly ending: Ending }
  | { readonly type: 'finished'; readonly ending: Ending }
  /** `over` resolves when the end is on record. */
  | { readonly type: 'terminating'; readonly over: Promise<void> }
  /** Left for another process to go on with. */
  | { readonly type: 'suspended' }
  | { readonly type: 'closed' }
