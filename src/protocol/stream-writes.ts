import type { Writable } from 'node:stream'

/**
 * Writes a string to a stream. Resolves when the stream has accepted it, and rejects when the stream fails or is
 * destroyed first. The stream keeps the order. No listener is added, so any number of writes can wait for a slow
 * reader.
 */
export function writeText(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === undefined || error === null) resolve()
      else reject(error)
    })
  })
}

/** Waits for a stream to drain, with one listener for all waiters. */
export class Drain {
  readonly #stream: Writable
  #waiting: Promise<void> | null = null

  constructor(stream: Writable) {
    this.#stream = stream
  }

  /** Resolves at once when the stream accepts more: its `drain` may have fired since the last write. */
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
