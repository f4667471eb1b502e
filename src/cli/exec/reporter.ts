import type { ContentItem, CellOutcome, DeferredCall } from '../../index.ts'

/** Reports a run to its caller: a user or a program. */
export interface ExecReporter {
  starting(): void
  /** The durable session is open under this name, with which the run can be resumed. */
  opened(sessionId: string): void
  started(cellId: string): void
  warning(message: string): void
  callStarted(call: { id: string; tool: string }): void
  callEnded(call: { id: string; tool: string; durationMs: number; error: string | null }): void
  callDeferred(call: DeferredCall): void
  /** The run ends while its cell waits for these calls. */
  waiting(sessionId: string, calls: readonly DeferredCall[]): void
  /** A prompt is on the screen: nothing else is shown until the returned object is disposed. */
  prompting(): Disposable
  items(items: readonly ContentItem[]): void
  notification(text: string): void
  ended(outcome: CellOutcome, wallTimeMs: number): void
  /** The bundle of the run is complete, in this folder. */
  recorded(directory: string): void
  /** The run is over: nothing more is shown. */
  close(): void
}
