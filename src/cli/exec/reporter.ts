import type { ContentItem, Outcome } from '../../index.ts'

/** Shows a run to whoever started it: a person, a model's eyes, or a program. */
export interface ExecReporter {
  starting(): void
  /** The durable session has this name: with it the run can be gone on with. */
  opened(sessionId: string): void
  started(cellId: string): void
  warning(message: string): void
  callStarted(call: { id: string; tool: string }): void
  callEnded(call: { id: string; tool: string; durationMs: number; error: string | null }): void
  /** A person is being asked something: until what comes back is disposed, nothing is shown that would stand in between. */
  asking(): Disposable
  items(items: readonly ContentItem[]): void
  notification(text: string): void
  ended(outcome: Outcome, wallTimeMs: number): void
  /** The trace of the run is in this folder. */
  recorded(directory: string): void
  /** The run is over, however it ended: nothing more is shown. */
  close(): void
}
