import type { ContentItem } from '../protocol/content-item.ts'
import type { Excess } from './excess.ts'
import type { Limits } from './limits.ts'
import { bytesOf, type OutputBuffer } from './output-buffer.ts'

/** The output of one cell: what nobody has taken yet, and how much was handed over. */
export class CellOutput {
  readonly #buffer: OutputBuffer
  /** Items that were handed over in an earlier process: the cell makes them once more, and nobody gets them. */
  readonly #before: number
  readonly #limits: Pick<Limits, 'outputBytes' | 'outputItems'>
  #made = 0

  constructor(buffer: OutputBuffer, before: number, limits: Pick<Limits, 'outputBytes' | 'outputItems'>) {
    this.#limits = limits
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

  /** Adds an item, or gives the limit that it would pass. */
  add(item: ContentItem): Excess | null {
    if (this.#made < this.#before) {
      this.#made++
      return null
    }
    const excess = this.#excessWith(item)
    if (excess !== null) return excess
    this.#made++
    this.#buffer.add(item)
    return null
  }

  /** What is cut instead of refused has a bound of its own. */
  #excessWith(item: ContentItem): Excess | null {
    if (this.#buffer.isBounded) return null
    const { outputBytes, outputItems } = this.#limits
    const items = this.#buffer.count + 1
    if (items > outputItems) return { resource: 'output_items', limit: outputItems, observed: items }
    const bytes = this.#buffer.bytes + bytesOf(item)
    return bytes > outputBytes ? { resource: 'output_bytes', limit: outputBytes, observed: bytes } : null
  }

  take(): readonly ContentItem[] {
    return this.#buffer.take()
  }

  /** What was just taken could not be handed over. */
  putBack(items: readonly ContentItem[]): void {
    for (const item of items) this.#buffer.add(item)
  }
}
