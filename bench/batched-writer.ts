import { startBundle, type BundleWriter, type EventScope, type StoredEvent } from '../src/trace/bundle/bundle-writer.ts'
import type { PayloadKind } from '../src/trace/bundle/payload-kind.ts'
import { PayloadReferences } from '../src/trace/bundle/payload-references.ts'
import type { StoredPayload } from '../src/trace/bundle/payload-store.ts'
import { eventOfSchema, preparedPrompt } from '../src/trace/bundle/trace-schema.ts'
import type { PayloadReference, RawPayload } from '../src/trace-format.ts'

const schema = 3
/** The time of everything in the bundle, in milliseconds since 1970. */
const at = 1000
/** As many requests as the thread of a recorder writes together. */
const maxBatch = 256

/** Writes a bundle in batches, as a recorder does, and the same bytes each time. */
export class BatchedWriter {
  readonly directory: string
  readonly #bundle: BundleWriter
  readonly #references = new PayloadReferences(schema)
  #payloads: StoredPayload[] = []
  #events: StoredEvent[] = []
  #prompt: PayloadReference | null = null

  constructor(root: string) {
    const onWarning = (text: string): never => {
      throw new Error(text)
    }
    this.#bundle = startBundle({ root, rootThreadId: 'T1', traceId: 'trace', schema, startedAt: at, onWarning })
    if (this.#bundle.directory === null) throw new Error('Cannot write the bundle')
    this.directory = this.#bundle.directory
  }

  payload(kind: PayloadKind, value: unknown): PayloadReference {
    return this.#add(kind, JSON.stringify(value))
  }

  #add(kind: PayloadKind, json: string): PayloadReference {
    const { number, shard, reference } = this.#references.next(kind, json.length)
    this.#payloads.push({ number, shard, json })
    return reference
  }

  append(scope: EventScope, payload: RawPayload): void {
    const event = eventOfSchema(schema, payload, () => (this.#prompt ??= this.#add('prepared_prompt', preparedPrompt)))
    if (event !== null) this.#events.push({ scope, json: JSON.stringify(event), at })
    if (this.#events.length >= maxBatch) this.#flush()
  }

  complete(): void {
    this.#flush()
    this.#bundle.complete(at)
  }

  #flush(): void {
    this.#bundle.payloads(this.#payloads)
    this.#bundle.events(this.#events)
    this.#payloads = []
    this.#events = []
  }
}
