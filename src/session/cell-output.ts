import type { ContentItem } from '../protocol/content-item.ts'
import type { OutputBuffer } from './output-buffer.ts'

/** The output of one cell: what nobody has taken yet, and how much was handed over. */
export class CellOutput {
  readonly #buffer: OutputBuffer
  /** Items that were handed over in an earlier process: the cell makes them once more, and nobody gets them. */
  readonly #before: number
  #made = 0

  constructor(buffer: OutputBuffer, before: number) {
    this.#buffer = buffer
    this.#before = before
  }

  /** Bytes that nobody has taken, in UTF-8. */
  get bytes(): number {
    return this.#buffer.bytes
  }

  /** How many items of the cell have been handed over when everything has been taken. */
  get delivered(): number {
    return Math.max(this.#made, this.#before)
  }

  add(item: ContentItem): void {
    if (++this.#made > this.#before) this.#buffer.add(item)
  }

  take(): readonly ContentItem[] {
    return this.#buffer.take()
  }

  /** What was just taken could not be handed over. */
  putBack(items: readonly ContentItem[]): void {
    for (const item of items) this.#buffer.add(item)
  }
}
