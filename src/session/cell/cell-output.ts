import type { ContentItem } from '../../protocol/content-item.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { Excess } from '../calls/excess.ts'
import type { Limits } from '../limits.ts'
import { bytesOf, type OutputBuffer } from './output-buffer.ts'

/** The output of one cell: its unread items, and the number of those that were delivered. */
export class CellOutput {
  readonly #buffer: OutputBuffer
  /** The number of items that an earlier process delivered: the replay produces them again, and they are skipped. */
  readonly #before: number
  readonly #limits: Pick<Limits, 'maxUnreadOutputBytesPerCell' | 'maxUnreadOutputItemsPerCell'>
  #made = 0
  /** Called with each item that is added. */
  onAdded: ((item: ContentItem) => void) | null = null

  constructor(
    buffer: OutputBuffer,
    before: number,
    limits: Pick<Limits, 'maxUnreadOutputBytesPerCell' | 'maxUnreadOutputItemsPerCell'>,
  ) {
    this.#limits = limits
    this.#buffer = buffer
    this.#before = before
  }

  /** The size of the unread items in UTF-8 bytes. */
  get bytes(): number {
    return this.#buffer.bytes
  }

  /** The number of unread items. */
  get count(): number {
    return this.#buffer.count
  }

  /** The number of items that were delivered: all but the unread ones. */
  get delivered(): number {
    return Math.max(this.#made - this.#buffer.count, this.#before)
  }

  /** Adds an item, or returns the limit that it exceeds. */
  add(item: ContentItem): Excess | null {
    if (this.#made < this.#before) {
      this.#made++
      return null
    }
    const excess = this.#excessWith(item)
    if (excess !== null) return excess
    this.#made++
    this.#buffer.add(item)
    this.onAdded?.(item)
    return null
  }

  /** What is cut instead of refused has a bound of its own. */
  #excessWith(item: ContentItem): Excess | null {
    if (this.#buffer.isBounded) return null
    const { maxUnreadOutputBytesPerCell: outputBytes, maxUnreadOutputItemsPerCell: outputItems } = this.#limits
    const items = this.#buffer.count + 1
    if (items > outputItems) return { resource: 'output_items', limit: outputItems, observed: items }
    const bytes = this.#buffer.bytes + bytesOf(item)
    return bytes > outputBytes ? { resource: 'output_bytes', limit: outputBytes, observed: bytes } : null
  }

  /** All items, or the first ones. */
  take(count?: number): readonly ContentItem[] {
    return this.#buffer.take(count)
  }

  /** Puts items back that could not be delivered. */
  putBack(items: readonly ContentItem[]): void {
    this.#buffer.putBack(items)
  }
}

/** The item that an event of output adds. */
export function itemOf(event: Extract<CellEvent, { readonly type: 'text' | 'image' | 'audio' }>): ContentItem {
  switch (event.type) {
    case 'text':
      return { type: 'input_text', text: event.body }
    case 'image':
      return { type: 'input_image', image_url: event.body, detail: event.detail }
    case 'audio':
      return { type: 'input_audio', audio_url: event.body }
    default:
      return event satisfies never
  }
}
