import type { PayloadReference, ShardPayloadReference } from '../format/raw-event.ts'
import type { PayloadKind } from './payload-kind.ts'
import { payloadId, payloadPath } from './payload-store.ts'
import type { TraceSchema } from './trace-schema.ts'

/** The size at which a shard ends, in characters. A reader has one shard in memory. */
const shardLength = 2 ** 22

/** A new payload, with its number and its location. */
export type NumberedPayload = {
  readonly number: number
  readonly shard: number | null
  readonly reference: PayloadReference
}

/** Numbers the payloads of one bundle, and assigns them to shards. */
export class PayloadReferences {
  readonly #schema: TraceSchema
  #payloads = 0
  #shard = 1
  #length = 0

  constructor(schema: TraceSchema) {
    this.#schema = schema
  }

  /** Returns the next payload. `parts` stand between its fragments. */
  next(kind: PayloadKind, length: number, parts: readonly ShardPayloadReference[] = []): NumberedPayload {
    const number = ++this.#payloads
    const identity = { raw_payload_id: payloadId(number), kind: { type: kind } }
    if (this.#schema === 2) return { number, shard: null, reference: { ...identity, path: payloadPath(number) } }
    if (this.#length > 0 && this.#length + length > shardLength) {
      this.#shard++
      this.#length = 0
    }
    this.#length += length
    const shard = this.#shard
    return { number, shard, reference: { ...identity, shard, ...(parts.length === 0 ? {} : { parts }) } }
  }
}
