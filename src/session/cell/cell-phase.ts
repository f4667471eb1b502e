import type { Ending } from '../output/cell-outcomes.ts'

/**
 * The state of a cell. A `finishing` cell delivers its notifications. The result of a `finished` cell can be claimed. The last
 * response of a `delivering` cell waits at a barrier.
 */
export type CellPhase =
  | { readonly type: 'running' }
  | { readonly type: 'finishing'; readonly ending: Ending }
  | { readonly type: 'finished'; readonly ending: Ending }
  /** `done` resolves when the response was delivered, or was not and the cell is `finished` again. */
  | { readonly type: 'delivering'; readonly ending: Ending; readonly done: Promise<void> }
  /** `done` resolves when the end is recorded. */
  | { readonly type: 'terminating'; readonly done: Promise<void> }
  /** Another process terminates the cell. `done` resolves when the end is recorded, or the cell is suspended. */
  | { readonly type: 'stopping'; readonly done: Promise<void> }
  /** The next process that opens the session resumes the cell. */
  | { readonly type: 'suspended' }
  | { readonly type: 'closed' }
