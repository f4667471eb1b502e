/**
 * Short texts leave an isolate through memory that both threads see: a call out of an isolate costs a microsecond and
 * more, a write to memory next to nothing. The ring also keeps the order of everything: where an event went out by a call
 * in between, the ring has a mark. `prelude.js` writes, this side reads. Positions only ever grow, and wrap at 32 bits.
 *
 * Layout: four 32-bit cells (written, read, bell, unused), then 16-bit units. An entry is a length and so many units of
 * UTF-16, or a mark alone.
 */
export class TextRing {
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(headerBytes + capacity * 2)
  readonly #control = new Int32Array(this.memory, 0, 4)
  readonly #units = new Uint16Array(this.memory, headerBytes, capacity)
  readonly #bytes = Buffer.from(this.memory, headerBytes, capacity * 2)

  /** The writer rings again for whatever it writes from here on. Call before reading. */
  answerBell(): void {
    Atomics.store(this.#control, bell, 0)
  }

  /** The next entry without taking it: a text, `mark`, or null when there is none. */
  peek(): string | typeof mark | null {
    const at = Atomics.load(this.#control, read)
    const available = (Atomics.load(this.#control, written) - at) | 0
    if (available <= 0) return null
    const length = this.#units[at & mask] ?? 0
    if (length === markUnit) return mark
    if (length === skipUnit) {
      this.take(mark)
      return this.peek()
    }
    // A length that cannot be is the work of a damaged writer.
    return length < available ? this.#text((at + 1) & mask, length) : ''
  }

  /** Takes the entry that `peek` showed. */
  take(entry: string | typeof mark): void {
    const size = entry === mark ? 1 : 1 + entry.length
    Atomics.store(this.#control, read, (Atomics.load(this.#control, read) + size) | 0)
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

/** Stands where an event went out by a call. */
export const mark: unique symbol = Symbol('mark')

const headerBytes = 16
/** In 16-bit units; a power of two. */
const capacity = 32_768
const mask = capacity - 1
const markUnit = 0xffff
/** A mark that was taken back. */
const skipUnit = 0xfffe
const written = 0
const read = 1
const bell = 2
