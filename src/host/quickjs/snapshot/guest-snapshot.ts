import { isRecord } from '../../../protocol/json.ts'
import type { MemoryCodec } from './memory-codec.ts'

/** The state of a virtual machine between two slices. */
export type GuestSnapshot = {
  /** The linear memory, in whole pages. */
  readonly memory: Uint8Array
  /** The numbers outside of the memory that belong to the machine and its cell, by name. */
  readonly counters: Readonly<Record<string, number>>
}

/** The engine on which a snapshot is read. */
export type SnapshotEngine = {
  /** Identifies the engine: a memory has a meaning for one print only. */
  readonly print: string
  /** The memory of a new virtual machine, with the prelude in it. */
  readonly baseline: Uint8Array
  /** The first one writes, each one reads. */
  readonly codecs: readonly MemoryCodec[]
}

/** A snapshot that cannot be read. The journal of its cell is replayed instead. */
export class SnapshotError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`Cannot read a snapshot: ${reason}`, options)
    this.name = 'SnapshotError'
  }
}

/** The first bytes: `CCQS`. */
const magic = 0x43435153
const version = 1
/** The magic number, the version, the codec, the length of the header. */
const prefixBytes = 10
const maxHeaderBytes = 4096
const pageBytes = 65536
const maxCounters = 64
const counterName = /^[a-zA-Z]{1,32}$/

type Header = {
  readonly print: string
  readonly memoryBytes: number
  readonly deltaBytes: number
  readonly counters: Readonly<Record<string, number>>
}

/** Returns a snapshot as bytes: a prefix, a JSON header, and the delta of the memory. Equal states have equal bytes. */
export function encodeSnapshot({ memory, counters }: GuestSnapshot, engine: SnapshotEngine): Uint8Array {
  const [codec] = engine.codecs
  if (codec === undefined) throw new Error('Cannot write a snapshot: the runtime has no codec')
  const delta = codec.encode(memory, engine.baseline)
  const names = Object.keys(counters).toSorted()
  const header: Header = {
    print: engine.print,
    memoryBytes: memory.length,
    deltaBytes: delta.length,
    counters: Object.fromEntries(names.map((name) => [name, counters[name] ?? 0])),
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const bytes = new Uint8Array(prefixBytes + json.length + delta.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, magic)
  view.setUint8(4, version)
  view.setUint8(5, codec.id)
  view.setUint32(6, json.length)
  bytes.set(json, prefixBytes)
  bytes.set(delta, prefixBytes + json.length)
  return bytes
}

/**
 * Reads a snapshot that can have been changed. `maxMemoryBytes` is the memory limit of the cell.
 *
 * @throws {SnapshotError} when it is malformed, exceeds the memory, or is of another engine.
 */
export function decodeSnapshot(bytes: Uint8Array, engine: SnapshotEngine, maxMemoryBytes: number): GuestSnapshot {
  if (bytes.length < prefixBytes) throw new SnapshotError(`expected at least ${prefixBytes} bytes, got ${bytes.length}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0) !== magic) throw new SnapshotError('expected the start "CCQS"')
  if (view.getUint8(4) !== version) throw new SnapshotError(`expected version ${version}, got ${view.getUint8(4)}`)
  const id = view.getUint8(5)
  const codec = engine.codecs.find((known) => known.id === id)
  if (codec === undefined) throw new SnapshotError(`this runtime does not have codec ${id}`)
  const headerEnd = prefixBytes + view.getUint32(6)
  if (headerEnd > Math.min(bytes.length, prefixBytes + maxHeaderBytes)) {
    throw new SnapshotError('its header is longer than the snapshot or than 4 KiB')
  }
  const { print, memoryBytes, deltaBytes, counters } = parseHeader(bytes.subarray(prefixBytes, headerEnd))
  if (print !== engine.print) throw new SnapshotError(`it is of engine ${print}, expected ${engine.print}`)
  checkMemoryBytes(memoryBytes, engine.baseline.length, maxMemoryBytes)
  const delta = bytes.subarray(headerEnd)
  if (delta.length !== deltaBytes)
    throw new SnapshotError(`expected a delta of ${deltaBytes} bytes, got ${delta.length}`)
  return { memory: decodeMemory(codec, delta, engine.baseline, memoryBytes), counters }
}

function decodeMemory(codec: MemoryCodec, delta: Uint8Array, baseline: Uint8Array, length: number): Uint8Array {
  let memory: Uint8Array
  try {
    memory = codec.decode(delta, baseline, length)
  } catch (cause) {
    throw new SnapshotError('its delta is malformed', { cause })
  }
  if (memory.length !== length) throw new SnapshotError(`expected ${length} bytes of memory, got ${memory.length}`)
  return memory
}

function checkMemoryBytes(memoryBytes: number, least: number, max: number): void {
  if (!Number.isSafeInteger(memoryBytes) || memoryBytes % pageBytes !== 0) {
    throw new SnapshotError(`expected whole pages of memory, got ${memoryBytes} bytes`)
  }
  if (memoryBytes < least || memoryBytes > max) {
    throw new SnapshotError(`expected from ${least} to ${max} bytes of memory, got ${memoryBytes}`)
  }
}

function parseHeader(bytes: Uint8Array): Header {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new SnapshotError('its header is not JSON', { cause })
  }
  if (!isRecord(header)) throw new SnapshotError('its header is not an object')
  const { print, memoryBytes, deltaBytes, counters, ...others } = header
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new SnapshotError(`its header has the unknown member "${unknown}"`)
  if (typeof print !== 'string') throw new SnapshotError('its header has no print')
  if (typeof memoryBytes !== 'number') throw new SnapshotError('its header has no size of the memory')
  if (typeof deltaBytes !== 'number') throw new SnapshotError('its header has no size of the delta')
  return { print, memoryBytes, deltaBytes, counters: parseCounters(counters) }
}

function parseCounters(value: unknown): Readonly<Record<string, number>> {
  if (!isRecord(value)) throw new SnapshotError('its header has no counters')
  const entries = Object.entries(value)
  if (entries.length > maxCounters) throw new SnapshotError(`it has ${entries.length} counters, at most ${maxCounters}`)
  const counters: Record<string, number> = {}
  for (const [name, count] of entries) {
    if (!counterName.test(name)) throw new SnapshotError(`it has a counter with a malformed name`)
    if (typeof count !== 'number' || !Number.isFinite(count) || count < 0) {
      throw new SnapshotError(`expected a number that is not negative as the counter "${name}"`)
    }
    counters[name] = count
  }
  return counters
}
