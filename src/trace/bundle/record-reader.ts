import { ZstdFile } from './zstd-file.ts'

/** Reads a decompressed shard forward. */
export class RecordReader {
  readonly #file: ZstdFile
  readonly #spend: (bytes: number) => void
  #chunk: Buffer = Buffer.alloc(0)
  #start = 0
  /** The number of bytes that were read or skipped. */
  position = 0

  /** `spend` is called with the size of each decompressed chunk, and can throw. */
  constructor(file: string, path: string, spend: (bytes: number) => void) {
    this.#file = new ZstdFile(file, path)
    this.#spend = spend
  }

  /** Fills the target. Returns the number of bytes, which is less at the end of the shard. */
  readInto(target: Buffer): number {
    let length = 0
    while (length < target.length && this.#more()) {
      const count = this.#chunk.copy(target, length, this.#start)
      this.#advance(count)
      length += count
    }
    return length
  }

  /** Returns the number of skipped bytes, which is less at the end of the shard. */
  skip(count: number): number {
    let skipped = 0
    while (skipped < count && this.#more()) {
      const step = Math.min(count - skipped, this.#chunk.length - this.#start)
      this.#advance(step)
      skipped += step
    }
    return skipped
  }

  /** Returns whether the shard has its end. Call it after the last byte, once. */
  isSealed(): boolean {
    return this.#file.endsWithFrame()
  }

  close(): void {
    this.#file.close()
  }

  #advance(count: number): void {
    this.#start += count
    this.position += count
  }

  #more(): boolean {
    if (this.#start < this.#chunk.length) return true
    const next = this.#file.next()
    if (next === undefined) return false
    this.#spend(next.length)
    this.#chunk = next
    this.#start = 0
    return true
  }
}
