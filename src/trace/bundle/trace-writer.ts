import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import type { PayloadReference, RawPayload } from '../format/raw-event.ts'
import { startBundle, type BundleWriter, type EventScope } from './bundle-writer.ts'
import type { PayloadKind } from './payload-kind.ts'
import { PayloadReferences } from './payload-references.ts'
import { checkSchema, eventOfSchema, preparedPrompt, type TraceSchema } from './trace-schema.ts'

export type TraceWriterOptions = {
  /** The folder that contains the bundles; it is created if it does not exist. */
  readonly root: string
  /** The id of the root thread, which is also the id of the rollout. */
  readonly rootThreadId: string
  /**
   * A UUID.
   *
   * @default a random UUID
   */
  readonly traceId?: string
  /**
   * The version of the format. Codex reads 3 since version 0.171, and 2 before.
   *
   * @default 3
   */
  readonly schema?: TraceSchema
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Called at most once, with the reason why a part of the trace is missing. */
  readonly onWarning?: (message: string) => void
}

/**
 * Writes one bundle. No method throws: if the disk is full, the folder is gone or a value cannot be serialized, `onWarning` is
 * called once and that part of the trace is missing. The bundle on disk is readable after every call.
 */
export type TraceWriter = {
  /** The bundle's folder; null if it could not be created. */
  readonly directory: string | null
  /** Writes a payload. Returns the reference for events, or null if the payload is lost. */
  readonly writePayload: (kind: PayloadKind, value: unknown) => PayloadReference | null
  /**
   * Appends an event with the next number. Returns whether it is on disk; after a lost event, all later events are lost. Members
   * and events that the schema does not have are skipped.
   */
  readonly append: (scope: EventScope, payload: RawPayload) => boolean
  /** Marks the recording as complete and closes the log. Later calls do nothing. */
  readonly complete: () => void
}

const optionNames: OptionNames<TraceWriterOptions> = {
  root: 'any',
  rootThreadId: 'any',
  traceId: 'any',
  schema: 'any',
  now: 'function',
  onWarning: 'function',
}

/**
 * Starts a bundle below `root`. Only the user can read it, because traces contain prompts and results.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function createTraceWriter(options: TraceWriterOptions): TraceWriter {
  checkOptions('createTraceWriter', options, optionNames)
  const schema = checkSchema('createTraceWriter', options.schema)
  const { root, rootThreadId, traceId, now = Date.now, onWarning } = options
  const bundle = startBundle({ root, rootThreadId, traceId, schema, startedAt: now(), onWarning })
  return new SynchronousWriter(bundle, schema, now)
}

class SynchronousWriter implements TraceWriter {
  readonly directory: string | null
  readonly #bundle: BundleWriter
  readonly #schema: TraceSchema
  readonly #references: PayloadReferences
  readonly #now: () => number
  #prompt: PayloadReference | null = null

  constructor(bundle: BundleWriter, schema: TraceSchema, now: () => number) {
    this.directory = bundle.directory
    this.#bundle = bundle
    this.#schema = schema
    this.#references = new PayloadReferences(schema)
    this.#now = now
  }

  readonly writePayload = (kind: PayloadKind, value: unknown): PayloadReference | null => {
    const indent = this.#schema === 2 ? 2 : undefined
    const json = this.#jsonOf('Cannot write a payload of the trace', value ?? null, indent)
    if (json === null) return null
    const { isWritten, reference } = this.#write(kind, json)
    return isWritten ? reference : null
  }

  readonly append = (scope: EventScope, payload: RawPayload): boolean => {
    const event = eventOfSchema(this.#schema, payload, () => this.#preparedPrompt())
    if (event === null) return true
    const json = this.#jsonOf('Cannot continue the trace', event)
    if (json !== null) return this.#bundle.events([{ scope, json, at: this.#now() }])
    this.#bundle.stop()
    return false
  }

  readonly complete = (): void => this.#bundle.complete(this.#now())

  #preparedPrompt(): PayloadReference {
    return (this.#prompt ??= this.#write('prepared_prompt', preparedPrompt).reference)
  }

  #write(kind: PayloadKind, json: string): { readonly isWritten: boolean; readonly reference: PayloadReference } {
    const { number, shard, reference } = this.#references.next(kind, json.length)
    return { isWritten: this.#bundle.payloads([{ number, shard, json }]), reference }
  }

  #jsonOf(what: string, value: unknown, indent?: number): string | null {
    try {
      return JSON.stringify(value, null, indent) ?? 'null'
    } catch (error) {
      this.#bundle.warn(what, error)
      return null
    }
  }
}
