import { ringLayout } from './ring-layout.ts'

/**
 * Memory shared by two threads, through which short strings leave an isolate: a call out of an isolate costs a microsecond or
 * more, a write to memory almost nothing. The ring also keeps the order of all events: an event that went out by a call has a
 * mark in the ring. `prelude/bridge.js` writes, this class reads. Positions only grow, and wrap at 32 bits.
 *
 * Layout: four 32-bit cells (written, read, bell, unused), then 16-bit units. An entry is a length followed by that many units
 * of UTF-16, a mark alone, or a location.
 */
export class TextRing {
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(headerBytes + capacity * 2)
  readonly #control = new Int32Array(this.memory, 0, 4)
  readonly #units = new Uint16Array(this.memory, headerBytes, capacity)
  readonly #bytes = Buffer.from(this.memory, headerBytes, capacity * 2)

  /** Lets the writer ring the bell again for its next entry. Call before reading. */
  answerBell(): void {
    Atomics.store(this.#control, bell, 0)
  }

  /** Returns the next entry without removing it: a string, `mark`, or null when the ring is empty. */
  peek(): RingEntry | null {
    const at = Atomics.load(this.#control, read)
    const available = (Atomics.load(this.#control, written) - at) | 0
    if (available <= 0) return null
    const length = this.#units[at & mask] ?? 0
    if (length === markUnit) return mark
    if (length === skipUnit) {
      this.take(mark)
      return this.peek()
    }
    if (length === locationUnit && available >= locationUnits) return this.#location(at + 1)
    // An impossible length comes from a corrupted writer.
    return length < available ? this.#text((at + 1) & mask, length) : ''
  }

  /** Removes the entry that `peek` returned. */
  take(entry: RingEntry): void {
    const size = entry === mark ? 1 : typeof entry === 'string' ? 1 + entry.length : locationUnits
    Atomics.store(this.#control, read, (Atomics.load(this.#control, read) + size) | 0)
  }

  #location(start: number): RingLocation {
    const unit = (index: number): number => this.#units[(start + index) & mask] ?? 0
    return { line: unit(0) + unit(1) * 65_536, column: unit(2) + unit(3) * 65_536 }
  }

  #text(start: number, length: number): string {
    const end = start + length
    if (end <= capacity) return this.#bytes.toString('utf16le', start * 2, end * 2)
    return (
      this.#bytes.toString('utf16le', start * 2, capacity * 2) +
      this.#bytes.toString('utf16le', 0, (end - capacity) * 2)
    )
  }
}

/** The location of the next event in the source. */
type RingLocation = { readonly line: number; readonly column: number }

/** A string, the mark of a call, or a location. */
export type RingEntry = string | typeof mark | RingLocation

/** Stands in the ring for an event that went out by a call. */
export const mark: unique symbol = Symbol('mark')

/** In 16-bit units; a power of two. */
const capacity = 32_768
const mask = capacity - 1
const { headerBytes, written, read, bell, markUnit, skipUnit, locationUnit } = ringLayout

/** The size of a location in the ring. */
const locationUnits = 5
