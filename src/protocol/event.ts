import type { CellLimitName } from './cell-limits.ts'
import type { ImageDetail } from './content-item.ts'

/** An output of a cell, in order. `body` is the payload of a message. */
export type CellEvent =
  /** The isolate is set up; the source is about to be compiled. */
  | { readonly type: 'started' }
  /**
   * The location of the next event in the source; lines and columns count from 1. Only when the session asked for it.
   */
  | { readonly type: 'place'; readonly line: number; readonly column: number }
  | { readonly type: 'text'; readonly body: string }
  | { readonly type: 'image'; readonly detail: ImageDetail; readonly body: string }
  | { readonly type: 'audio'; readonly body: string }
  | { readonly type: 'yield_requested' }
  /** A nested call of the tool with the identifier `tool`; `body` is the JSON of its input, empty without an input. */
  | { readonly type: 'tool_call'; readonly id: number; readonly tool: string; readonly body: string }
  /** A timer that is due `delay` milliseconds after `time`, the time of the cell when it was set. */
  | { readonly type: 'timer_set'; readonly id: number; readonly delay: number; readonly time: number }
  | { readonly type: 'timer_cleared'; readonly id: number }
  | { readonly type: 'notify'; readonly body: string }
  /** A stored value of the cell, as JSON in `body`; it counts when the cell ends by itself. */
  | { readonly type: 'stored'; readonly key: string; readonly body: string }
  | CellResult

/** The end of a cell by itself. No event of the cell follows. */
type CellResult =
  /** The source does not compile, so nothing ran; `body` is the text of the syntax error. */
  | { readonly type: 'rejected'; readonly body: string }
  | { readonly type: 'completed' }
  | { readonly type: 'failed'; readonly limit: CellLimitName | null; readonly body: string }

/** Returns whether an event ends its cell. */
export function isCellEnd({ type }: CellEvent): boolean {
  return type === 'completed' || type === 'failed' || type === 'rejected'
}
