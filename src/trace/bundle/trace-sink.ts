import type { PayloadReference, ShardPayloadReference } from '../format/raw-event.ts'
import type { SourceLocation } from '../../events/session-event.ts'
import type { PrintedLines } from '../format/printed-lines.ts'
import type { EventScope } from './bundle-writer.ts'
import type { PayloadKind } from './payload-kind.ts'
import type { StoredPayload } from './payload-store.ts'
import type { RecordedEvent, TraceSchema } from './trace-schema.ts'

/**
 * The sink of a recorder. Nothing here waits for the disk, throws, or reports success: what cannot be written ends the trace,
 * with one warning.
 */
export interface TraceSink {
  /** The bundle's folder. */
  readonly directory: string
  readonly schema: TraceSchema
  /** Adds a payload in JSON. Its reference can be used immediately. With `parts`, the JSON is the list of its fragments. */
  payload(kind: PayloadKind, json: string, parts?: readonly ShardPayloadReference[]): PayloadReference
  /** Appends an event, in the form that the schema has. */
  append(scope: EventScope, event: RecordedEvent): void
  /** Appends text to another file of the bundle than the log. */
  addTo(path: string, text: string): void
  /** Appends the line for a printed string to a cell log. */
  print(path: string, body: string, place: SourceLocation | null): void
  /** Resolves when everything so far is on disk, or lost. */
  flush(): Promise<void>
  /** Marks the recording as complete. Resolves when all of it is on disk, or lost. */
  complete(): Promise<void>
}

/** A request to the writing thread: a payload, an event of the log, or text for another file. */
export type WriterRequest =
  | ({ readonly type: 'payload' } & StoredPayload)
  | { readonly type: 'event'; readonly scope: EventScope; readonly at: number; readonly json: string }
  | TextRequest
  | { readonly type: 'complete'; readonly at: number }
  /** Closes the log of an incomplete recording. */
  | { readonly type: 'stop' }

/** Text for another file than the log, or lines of a cell log. Grows until its batch is sent. */
export type TextRequest =
  | { readonly type: 'text'; readonly path: string; text: string }
  | { readonly type: 'printed'; readonly path: string; readonly lines: PrintedLines }
