import type { ContentItem } from '../../protocol/content-item.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { OutputState } from '../../storage/snapshots/cell-state.ts'
import type { Excess } from '../common/excess.ts'
import type { Limits } from '../common/limits.ts'
import { bytesOf, type OutputBuffer } from './output-buffer.ts'

/** The output of a cell: its unread items, and the number of delivered items. */
export class CellOutput {
  readonly #buffer: OutputBuffer
  /** The number of items that an earlier process delivered. The replay produces them again, and they are skipped. */
  readonly #skipCount: number
  readonly #limits: Pick<Limits, 'maxUnreadOutputBytesPerCell' | 'maxUnreadOutputItemsPerCell'>
  #count = 0
  /** Called with each item that is added. */
  onAdded: ((item: ContentItem) => void) | null = null

  constructor(
    buffer: OutputBuffer,
    skipCount: number,
    limits: Pick<Limits, 'maxUnreadOutputBytesPerCell' | 'maxUnreadOutputItemsPerCell'>,
  ) {
    this.#limits = limits
    this.#buffer = buffer
    this.#skipCount = skipCount
  }

  /** The size of the unread items in UTF-8 bytes. */
  get bytes(): number {
    return this.#buffer.bytes
  }

  /** The number of unread items. */
  get count(): number {
    return this.#buffer.count
  }

  /** The number of delivered items. */
  get delivered(): number {
    return Math.max(this.#count - this.#buffer.count, this.#skipCount)
  }

  /** The number of items of the program, including delivered ones. */
  get total(): number {
    return this.#count
  }

  /** The state for a snapshot; null when items were omitted. */
  get state(): OutputState | null {
    const items = this.#buffer.unread
    return items === null ? null : { count: this.#count, delivered: this.#count - items.length, items }
  }

  /** Whether a snapshot has all items that were not delivered. */
  canRestore({ delivered }: OutputState): boolean {
    return this.#skipCount >= delivered
  }

  /** Continues from a snapshot, without the items that were delivered after it. */
  restore({ count, delivered, items }: OutputState): void {
    for (const item of items.slice(this.#skipCount - delivered)) this.#buffer.add(item)
    this.#count = count
  }

  /** Adds an item, or returns the limit that it exceeds. */
  add(item: ContentItem): Excess | null {
    if (this.#count < this.#skipCount) {
      this.#count++
      return null
    }
    const excess = this.#excessWith(item)
    if (excess !== null) return excess
    this.#count++
    this.#buffer.add(item)
    this.onAdded?.(item)
    return null
  }

  /** Returns the limit that the item exceeds. A bounded buffer omits items instead. */
  #excessWith(item: ContentItem): Excess | null {
    if (this.#buffer.isBounded) return null
    const { maxUnreadOutputBytesPerCell: maxBytes, maxUnreadOutputItemsPerCell: maxItems } = this.#limits
    const items = this.#buffer.count + 1
    if (items > maxItems) return { resource: 'output_items', limit: maxItems, observed: items }
    const bytes = this.#buffer.bytes + bytesOf(item)
    return bytes > maxBytes ? { resource: 'output_bytes', limit: maxBytes, observed: bytes } : null
  }

  /** Removes and returns all items, or the first `count`. */
  take(count?: number): readonly ContentItem[] {
    return this.#buffer.take(count)
  }

  /** Puts undelivered items back in front of the others. */
  putBack(items: readonly ContentItem[]): void {
    this.#buffer.putBack(items)
  }
}

/** Returns the item of an output event. */
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
