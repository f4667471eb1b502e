import {
  closeSync,
  constants as fileFlags,
  fstatSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
// Not by name: Node 20 would fail to link the module before it reports that it is not supported.
import zlib from 'node:zlib'
import { shardFile } from '../format/payload-file.ts'
import { recordableJson } from './recordable-json.ts'

/** A payload in JSON. `shard` is null for a payload in its own file. */
export type StoredPayload = { readonly number: number; readonly shard: number | null; readonly json: string }

/** Writes the payloads of one bundle. */
export interface PayloadStore {
  /** Writes payloads, in order. Calls `onLost` for those that cannot be written. */
  write(payloads: readonly StoredPayload[], onLost: (payload: StoredPayload, error: unknown) => void): void
}

export function payloadId(number: number): string {
  return `raw_payload:${number}`
}

/** Returns the path of a payload in its own file. */
export function payloadPath(number: number): string {
  return `payloads/${number}.json`
}

/** Writes each payload to its own file, as schema 2 needs it. */
export class FileStore implements PayloadStore {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  write(payloads: readonly StoredPayload[], onLost: (payload: StoredPayload, error: unknown) => void): void {
    for (const payload of payloads) {
      const file = join(this.#directory, payloadPath(payload.number))
      try {
        writeFileSync(file, `${recordableJson(payload.json)}\n`, { flag: 'wx', mode: 0o600 })
      } catch (error) {
        removeQuietly(file)
        onLost(payload, error)
      }
    }
  }
}

function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // The remaining file is referenced by no event.
  }
}

/**
 * Writes payloads to shards, as schema 3 needs it. The payloads of one call are one zstd frame: a crash leaves whole frames, and
 * at most a part of the last.
 */
export class ShardStore implements PayloadStore {
  readonly #directory: string
  readonly #started = new Set<number>()
  /** The shards that end in a part of a frame: nothing can follow it. */
  readonly #broken = new Set<number>()

  constructor(directory: string) {
    this.#directory = directory
  }

  write(payloads: readonly StoredPayload[], onLost: (payload: StoredPayload, error: unknown) => void): void {
    for (const [shard, records] of Map.groupBy(payloads, (payload) => payload.shard ?? 1)) {
      try {
        this.#append(
          shard,
          zlib.zstdCompressSync(Buffer.concat(records.map((payload) => recordOf(payload))), compression),
        )
      } catch (error) {
        for (const payload of records) onLost(payload, error)
      }
    }
  }

  #append(shard: number, frame: Buffer): void {
    if (this.#broken.has(shard)) throw new Error('an earlier write failed')
    const path = join(this.#directory, shardFile(shard))
    // Later frames do not create the file: a removed bundle stays removed.
    const flags = fileFlags.O_WRONLY | fileFlags.O_APPEND
    const isNew = !this.#started.has(shard)
    const file = openSync(path, isNew ? flags | fileFlags.O_CREAT | fileFlags.O_EXCL : flags, 0o600)
    this.#started.add(shard)
    try {
      const { size } = fstatSync(file)
      try {
        writeWhole(file, frame)
      } catch (error) {
        this.#broken.add(shard)
        ftruncateSync(file, size)
        this.#broken.delete(shard)
        throw error
      }
    } finally {
      closeSync(file)
    }
  }
}

/** The lowest level: recorded JSON repeats itself, and a higher level saves little. */
const compression = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } }

/** Returns a record of a shard: the lengths of the id (2 bytes) and the body (8 bytes), the id, and the body. */
function recordOf({ number, json }: StoredPayload): Buffer {
  const id = Buffer.from(payloadId(number))
  const body = Buffer.from(recordableJson(json))
  const lengths = Buffer.alloc(10)
  lengths.writeUInt16LE(id.length, 0)
  lengths.writeBigUInt64LE(BigInt(body.length), 2)
  return Buffer.concat([lengths, id, body])
}

export function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
}
