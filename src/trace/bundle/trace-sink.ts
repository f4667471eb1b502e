import type { EventScope, PayloadKind } from './bundle-writer.ts'
import type { PayloadReference, RawPayload } from '../format/raw-event.ts'

/** An event, with members that only our own readers know beside those of the format. */
export type RecordedEvent = RawPayload & { readonly record?: string }

/**
 * Where a recorder puts what it has seen. Nothing here waits for the disk, throws, or says whether it worked: what is lost
 * costs the trace, with one warning.
 */
export interface TraceSink {
  /** The bundle's folder. */
  readonly directory: string
  /** Hands over a payload as JSON text. What refers to it may be used at once. */
  payload(kind: PayloadKind, json: string): PayloadReference
  append(scope: EventScope, event: RecordedEvent): void
  /** Appends text to a file of the bundle beside the log. */
  addTo(path: string, text: string): void
  /** Resolves when all that was handed over so far is on disk, or lost. */
  flush(): Promise<void>
  /** Says that the recording is complete. Resolves when all of it is on disk, or lost. */
  complete(): Promise<void>
}

/** What goes to the thread that writes: a payload, an event of the log, or text for another file. */
export type WriterOrder =
  | { readonly type: 'payload'; readonly number: number; readonly json: string }
  | { readonly type: 'event'; readonly scope: EventScope; readonly at: number; readonly json: string }
  | { readonly type: 'text'; readonly path: string; readonly text: string }
  | { readonly type: 'complete'; readonly at: number }
  /** Nothing follows, and the recording is not complete. */
  | { readonly type: 'stop' }
