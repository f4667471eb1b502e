import type { CellRun } from './cell-run.ts'

/** The state of the runtime of a program. */
export type RuntimePhase =
  /** The program waits for a slot on a host. */
  | { readonly type: 'queued' }
  | { readonly type: 'running'; readonly run: CellRun }
  /** The program has ended. Its isolate still exists. */
  | { readonly type: 'ended'; readonly run: CellRun }
  /** The program has no isolate. A command resumes it. */
  | { readonly type: 'evicted' }
  /** Commands are only journaled, for the next process that opens the session. `gone` resolves when the isolate is gone. */
  | { readonly type: 'suspended'; readonly gone: PromiseWithResolvers<void> | null }
  /** The host stops the program. `gone` resolves when the isolate is gone. */
  | { readonly type: 'stopping'; readonly gone: PromiseWithResolvers<void> }
  | { readonly type: 'gone' }
