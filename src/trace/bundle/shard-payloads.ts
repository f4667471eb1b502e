import { CodecellError } from '../../errors.ts'
import type { ShardPayloadReference } from '../format/raw-event.ts'
import { payloadFile } from '../format/payload-file.ts'
import { fileInside, jsonOf, limits, unreadable } from './bundle-files.ts'
import type { RecordLocation } from './record-index.ts'
import { Shard } from './shard.ts'

/** All shards of a bundle together decompress to this number of bytes at most, including repetitions. */
const maxDecompressed = 2 ** 36

/** The maximum number of shards that stay open. */
const maxOpen = 8

/** Reads the payloads of a bundle from its shards. A shard is opened when a payload of it is first requested. */
export class ShardPayloads {
  readonly #root: string
  readonly #isClosed: () => boolean
  readonly #shards = new Map<number, Shard>()
  readonly #open = new Set<Shard>()
  #decompressed = 0

  /** `isClosed` returns whether the log has its end: then each shard must have its end too. */
  constructor(root: string, isClosed: () => boolean) {
    this.#root = root
    this.#isClosed = isClosed
  }

  /** Returns whether the record exists, whatever its parts are. */
  has(reference: ShardPayloadReference): boolean {
    if (reference.shard === null) return true
    const location = this.#shard(reference.shard).find(reference.raw_payload_id)
    if (location === undefined) return false
    const { capture } = reference
    if (capture?.status === 'truncated' && capture.retained_bytes !== location.length) {
      throw invalid('invalid retained length')
    }
    return true
  }

  /** Returns the size of a payload with its parts, in bytes. */
  size(reference: ShardPayloadReference): number {
    if (reference.shard === null) return 0
    const own = this.#locate(reference).length
    return (reference.parts ?? []).reduce((sum, part) => sum + this.size(part), own)
  }

  read(reference: ShardPayloadReference): unknown {
    const size = this.size(reference)
    const { raw_payload_id: id } = reference
    if (size > limits.payload) throw unreadable(id, `it has ${size} bytes, more than ${limits.payload}`)
    return jsonOf(this.#text(reference), `payload ${id}`)
  }

  /** Returns the JSON of a payload. Between the fragments of a payload with parts stand those parts. */
  #text(reference: ShardPayloadReference): string {
    if (reference.shard === null) throw invalid('payload omitted by size limit')
    const text = this.#shard(reference.shard).read(this.#locate(reference))
    const { parts = [] } = reference
    if (parts.length === 0) return text
    const fragments = jsonOf(text, `payload ${reference.raw_payload_id}`)
    if (!isFragments(fragments)) throw invalid(`payload ${reference.raw_payload_id} has fragments that are not strings`)
    if (fragments.length !== parts.length + 1) throw invalid('invalid payload fragment count')
    return fragments.map((fragment, index) => fragment + this.#partText(parts[index])).join('')
  }

  #partText(part: ShardPayloadReference | undefined): string {
    return part === undefined ? '' : this.#text(part)
  }

  #locate({ raw_payload_id: id, shard }: ShardPayloadReference): RecordLocation {
    const location = shard === null ? undefined : this.#shard(shard).find(id)
    if (location === undefined) throw unreadable(id, `missing payload ${id} in shard ${shard}`)
    return location
  }

  #shard(number: number): Shard {
    const shard = this.#shards.get(number) ?? this.#openShard(number)
    if (this.#open.size < maxOpen && this.#open.has(shard)) return shard
    // The set is in the order of the last use.
    this.#open.delete(shard)
    this.#open.add(shard)
    const [oldest] = this.#open
    if (this.#open.size > maxOpen && oldest !== undefined) {
      oldest.release()
      this.#open.delete(oldest)
    }
    return shard
  }

  #openShard(number: number): Shard {
    const path = payloadFile({ raw_payload_id: '', kind: { type: '' }, shard: number }) ?? ''
    const shard = new Shard({ number, path, file: fileInside(this.#root, path), spend: (bytes) => this.#spend(bytes) })
    const unsealed = [...this.#shards.values(), shard].find(
      (each) => !each.isSealed && this.#mustBeSealed(each, number),
    )
    if (unsealed !== undefined) throw invalid(`missing footer in payload shard ${unsealed.number}`)
    this.#shards.set(number, shard)
    return shard
  }

  /** Only the last shard of a cut log can be without its end. */
  #mustBeSealed(shard: Shard, opened: number): boolean {
    return this.#isClosed() || Math.max(opened, ...this.#shards.keys()) > shard.number
  }

  #spend(bytes: number): void {
    this.#decompressed += bytes
    if (this.#decompressed > maxDecompressed) {
      throw unreadable('payloads', `the shards decompress to more than ${maxDecompressed} bytes`)
    }
  }
}

function isFragments(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((fragment) => typeof fragment === 'string')
}

function invalid(message: string): CodecellError {
  return new CodecellError('TRACE_INVALID', message)
}
