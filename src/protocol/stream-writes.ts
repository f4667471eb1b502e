import type { Writable } from 'node:stream'

/**
 * Writes a text to a stream. Resolves when the stream has passed it on, and rejects when the stream fails or is destroyed
 * first. The stream keeps the order, and no listener is added, however many writes wait for a slow reader.
 */
export function writeText(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === undefined || error === null) resolve()
      else reject(error)
    })
  })
}

/** Waits for a stream to drain, with one listener for all that wait. */
export class Drain {
  readonly #stream: Writable
  #waiting: Promise<void> | null = null

  constructor(stream: Writable) {
    this.#stream = stream
  }

  /** Resolves at once when the stream takes more: its `drain` may have come and gone since the last write. */
  drained(): Promise<void> {
    if (!this.#stream.writableNeedDrain) return Promise.resolve()
    this.#waiting ??= new Promise((resolve) => {
      this.#stream.once('drain', () => {
        this.#waiting = null
        resolve()
      })
    })
    return this.#waiting
  }
}
