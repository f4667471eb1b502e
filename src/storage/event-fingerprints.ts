import { sha256Of } from '../platform/hash.ts'
import type { CellEvent } from '../protocol/event.ts'

/** Types of events by their code in a fingerprint. Codes are stored on disk, so they never change. */
const types = [
  'place',
  'text',
  'image',
  'audio',
  'yield_requested',
  'tool_call',
  'timer_set',
  'timer_cleared',
  'notify',
  'stored',
  'completed',
  'failed',
] as const

/** An event with a fingerprint. The start of a cell and a syntax error are the same in every run. */
export type FingerprintedEvent = Extract<CellEvent, { readonly type: (typeof types)[number] }>

const words = 3
const typeBits = 0xf

/**
 * Fingerprints of the events of a cell, in order: the type, 28 bits of the members other than the body, and 64 bits of
 * the body. They show whether a replay emits the same events, and where it diverges.
 */
export class EventFingerprints {
  #data: Int32Array
  #count = 0

  constructor(bytes: Uint8Array | null = null) {
    if (bytes === null) {
      this.#data = new Int32Array(0)
      return
    }
    this.#data = new Int32Array(Math.trunc(bytes.length / 4))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < this.#data.length; at++) this.#data[at] = view.getInt32(4 * at, true)
    this.#count = this.#data.length / words
  }

  get count(): number {
    return this.#count
  }

  add(event: FingerprintedEvent): void {
    const at = this.#count++ * words
    if (at >= this.#data.length) this.#grow(at + words)
    writePrint(event, this.#data, at)
  }

  append(prints: EventFingerprints): void {
    const at = this.#count * words
    this.#count += prints.#count
    this.#grow(this.#count * words)
    this.#data.set(prints.#data.subarray(0, prints.#count * words), at)
  }

  /** Describes the difference between the recorded event with this index and another event; null if they are equal. */
  differenceAt(index: number, event: FingerprintedEvent): string | null {
    writePrint(event, scratch, 0)
    const at = index * words
    const known = this.#data[at] ?? 0
    const [now = 0, left = 0, right = 0] = scratch
    if ((known & typeBits) !== (now & typeBits)) return `was ${nameAt(known & typeBits)} and is now ${nameOf(event)}`
    if (known !== now) return `is ${nameOf(event)} again, with another ${memberOf(event)}`
    if (this.#data[at + 1] !== left || this.#data[at + 2] !== right) {
      return `is ${nameOf(event)} again, with another ${bodyOf(event)}`
    }
    return null
  }

  /** Describes the recorded event with this index. */
  nameOf(index: number): string {
    return nameAt((this.#data[index * words] ?? 0) & typeBits)
  }

  /** Returns a digest of the first `count` fingerprints. */
  digest(count: number): string {
    return sha256Of(this.#bytes(0, count)).slice(0, 32)
  }

  /** Returns the fingerprints from an index on, as bytes. */
  bytesFrom(index: number): Uint8Array {
    return this.#bytes(index, this.#count)
  }

  #bytes(from: number, to: number): Uint8Array {
    const part = this.#data.subarray(from * words, to * words)
    const bytes = new Uint8Array(part.length * 4)
    const view = new DataView(bytes.buffer)
    for (const [at, word] of part.entries()) view.setInt32(4 * at, word, true)
    return bytes
  }

  #grow(length: number): void {
    if (length <= this.#data.length) return
    const data = new Int32Array(Math.max(length, 16 * words, 2 * this.#data.length))
    data.set(this.#data)
    this.#data = data
  }
}

const scratch = new Int32Array(words)

function writePrint(event: FingerprintedEvent, into: Int32Array, at: number): void {
  const code = types.indexOf(event.type)
  into[at] = (headOf(event) & ~typeBits) | code
  writeBody('body' in event ? event.body : '', into, at + 1)
}

/** Returns a hash of the members of an event other than its type and its body. */
function headOf(event: FingerprintedEvent): number {
  switch (event.type) {
    case 'place':
      return mixNumber(mixNumber(seed, event.line), event.column)
    case 'image':
      return mixText(seed, event.detail)
    case 'tool_call':
      return mixText(mixNumber(seed, event.id), event.tool)
    case 'timer_set':
      return mixNumber(mixNumber(mixNumber(seed, event.id), event.delay), event.time)
    case 'timer_cleared':
      return mixNumber(seed, event.id)
    case 'stored':
      return mixText(seed, event.key)
    case 'failed':
      return mixText(seed, event.limit ?? '')
    case 'text':
    case 'audio':
    case 'yield_requested':
    case 'notify':
    case 'completed':
      return seed
    default:
      return event satisfies never
  }
}

const seed = 0x2545f491 | 0

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

function mixNumber(hash: number, value: number): number {
  const low = Number.isSafeInteger(value) ? value % 2 ** 32 : 0
  const high = Number.isSafeInteger(value) ? Math.trunc(value / 2 ** 32) : 0
  return Number.isSafeInteger(value) ? mix(mix(hash, low | 0), high | 0) : mixText(hash, String(value))
}

function mixText(hash: number, text: string): number {
  let mixed = mix(hash, text.length)
  for (let at = 0; at < text.length; at++) mixed = mix(mixed, text.charCodeAt(at))
  return mixed
}

/** Writes 64 bits in two halves that are mixed differently. */
function writeBody(body: string, into: Int32Array, at: number): void {
  let left = 0xdeadbeef ^ body.length
  let right = 0x41c6ce57 ^ body.length
  for (let index = 0; index < body.length; index++) {
    const code = body.charCodeAt(index)
    left = Math.imul(left ^ code, 0x9e3779b1)
    right = Math.imul(right ^ code, 0x5f356495)
  }
  left = Math.imul(left ^ (left >>> 16), 0x85ebca6b) ^ Math.imul(right ^ (right >>> 13), 0xc2b2ae35)
  right = Math.imul(right ^ (right >>> 16), 0x85ebca6b) ^ Math.imul(left ^ (left >>> 13), 0xc2b2ae35)
  into[at] = left
  into[at + 1] = right
}

const names: { readonly [type in FingerprintedEvent['type']]: string } = {
  place: 'a source location',
  text: 'a text',
  image: 'an image',
  audio: 'an audio item',
  yield_requested: 'a yield',
  tool_call: 'a call',
  timer_set: 'a timer',
  timer_cleared: 'the end of a timer',
  notify: 'a notification',
  stored: 'a stored value',
  completed: 'the end of the program',
  failed: 'an error that ends the program',
}

function nameAt(code: number): string {
  const type = types[code]
  return type === undefined ? 'an unknown event' : names[type]
}

function nameOf(event: FingerprintedEvent): string {
  return event.type === 'tool_call' ? `a call of \`${event.tool}\`` : names[event.type]
}

function memberOf({ type }: FingerprintedEvent): string {
  switch (type) {
    case 'place':
      return 'line or column'
    case 'tool_call':
      return 'tool or number'
    case 'timer_set':
      return 'delay, time or number'
    case 'timer_cleared':
      return 'number'
    case 'image':
      return 'detail'
    case 'stored':
      return 'key'
    default:
      return 'limit'
  }
}

function bodyOf({ type }: FingerprintedEvent): string {
  switch (type) {
    case 'tool_call':
      return 'input'
    case 'image':
    case 'audio':
      return 'URL'
    case 'stored':
      return 'value'
    default:
      return 'text'
  }
}
