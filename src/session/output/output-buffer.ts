import { byteLength, fromUtf8, toUtf8 } from '../../platform/utf8.ts'
import type { ContentItem } from '../../protocol/content-item.ts'

/** A buffer for the output of a cell between two observations. */
export interface OutputBuffer {
  add(item: ContentItem): void
  /** The size of the items in UTF-8 bytes. */
  readonly bytes: number
  /** The number of items. */
  readonly count: number
  /** The items, which stay in the buffer; null when items were omitted. */
  readonly unread: readonly ContentItem[] | null
  /** Whether the buffer omits output that exceeds its capacity. */
  readonly isBounded: boolean
  /** Removes and returns all items, or the first `count`. A bounded buffer always returns all. */
  take(count?: number): readonly ContentItem[]
  /** Puts undelivered items back in front of the others. */
  putBack(items: readonly ContentItem[]): void
}

/** An unbounded buffer. Its owner checks `bytes`. */
export class WholeOutput implements OutputBuffer {
  readonly isBounded = false
  #items: ContentItem[] = []
  bytes = 0

  get count(): number {
    return this.#items.length
  }

  get unread(): readonly ContentItem[] {
    return [...this.#items]
  }

  add(item: ContentItem): void {
    this.#items.push(item)
    this.bytes += bytesOf(item)
  }

  take(count: number = this.#items.length): readonly ContentItem[] {
    const items = this.#items
    if (count < items.length) {
      this.#items = items.slice(count)
      const first = items.slice(0, count)
      for (const item of first) this.bytes -= bytesOf(item)
      return first
    }
    this.#items = []
    this.bytes = 0
    return items
  }

  putBack(items: readonly ContentItem[]): void {
    this.#items = [...items, ...this.#items]
    for (const item of items) this.bytes += bytesOf(item)
  }
}

const edgeBytes = 512 * 1024
const imageBytes = 8 * 1024 * 1024
/** Maximum number of items without the remark. */
const maxItems = 32_767
const maxHeadItems = 16_384

/**
 * A bounded buffer with the limits of the reference: the first and the last 512 KiB of text, 8 MiB of images and audio, and 32,768
 * items. A remark replaces the omitted output.
 */
export class BoundedOutput implements OutputBuffer {
  readonly isBounded = true
  #head: ContentItem[] = []
  #headBytes = 0
  #tail: ContentItem[] = []
  #tailBytes = 0
  #tailStart = 0
  #mediaBytes = 0
  /** Whether the first text of the tail continues the last text of the head. */
  #isSplit = false
  #omitted = { bytes: 0, segments: 0, images: 0, audio: 0 }

  get count(): number {
    return this.#head.length + this.#tail.length - this.#tailStart
  }

  get bytes(): number {
    return this.#headBytes + this.#tailBytes + this.#mediaBytes
  }

  get unread(): readonly ContentItem[] | null {
    return this.#hasOmitted ? null : this.#whole(this.#tail.slice(this.#tailStart))
  }

  get #hasOmitted(): boolean {
    const { segments, images, audio } = this.#omitted
    return segments + images + audio > 0 || this.#headBytes + this.#tailBytes > 2 * edgeBytes
  }

  add(item: ContentItem): void {
    if (item.type !== 'input_text') return this.#addMedia(item)
    const rest = this.#tail.length === 0 ? this.#addToHead(item.text) : item.text
    if (rest === null) return
    this.#tail.push({ type: 'input_text', text: rest })
    this.#tailBytes += byteLength(rest)
    this.#trim()
    this.#compact()
  }

  /** Appends a text to the head, up to its last byte. Returns the rest of the text, or null. */
  #addToHead(text: string): string | null {
    const room = edgeBytes - this.#headBytes
    if (room <= 0 || this.#head.length >= maxHeadItems) return text
    const buffer = toUtf8(text)
    const end = buffer.length <= room ? buffer.length : boundaryBefore(buffer, room)
    if (end === 0 && buffer.length > 0) return text
    this.#head.push({ type: 'input_text', text: fromUtf8(buffer, 0, end) })
    this.#headBytes += end
    if (end === buffer.length) return null
    this.#isSplit = true
    return fromUtf8(buffer, end)
  }

  #addMedia(item: ContentItem): void {
    const bytes = bytesOf(item)
    if (this.#mediaBytes + bytes > imageBytes || this.#head.length + this.#tail.length - this.#tailStart >= maxItems) {
      if (item.type === 'input_image') this.#omitted.images++
      else this.#omitted.audio++
      return
    }
    this.#mediaBytes += bytes
    if (this.#tail.length === 0) this.#head.push(item)
    else this.#tail.push(item)
  }

  /** Drops items from the front of the tail while the rest fills its share. */
  #trim(): void {
    while (this.#tail.length - this.#tailStart > 1) {
      const first = this.#tail[this.#tailStart]
      const firstBytes = first?.type === 'input_text' ? byteLength(first.text) : 0
      const tooMany = this.#tail.length - this.#tailStart > maxItems - maxHeadItems
      const room = edgeBytes - this.#headBytes
      if (!tooMany && this.#tailBytes - firstBytes < edgeBytes + room) return
      if (first?.type === 'input_image') this.#omitted.images++
      else if (first?.type === 'input_audio') this.#omitted.audio++
      else {
        this.#omitted.segments++
        this.#omitted.bytes += firstBytes
        this.#tailBytes -= firstBytes
      }
      this.#tailStart++
    }
  }

  /** Releases dropped items, many at a time. */
  #compact(): void {
    if (this.#tailStart < 64 || this.#tailStart * 2 < this.#tail.length) return
    this.#tail.splice(0, this.#tailStart)
    this.#tailStart = 0
  }

  putBack(items: readonly ContentItem[]): void {
    const later = this.take()
    for (const item of [...items, ...later]) this.add(item)
  }

  take(): readonly ContentItem[] {
    const items = this.#collect()
    this.#head = []
    this.#headBytes = 0
    this.#tail = []
    this.#tailBytes = 0
    this.#tailStart = 0
    this.#mediaBytes = 0
    this.#isSplit = false
    this.#omitted = { bytes: 0, segments: 0, images: 0, audio: 0 }
    return items
  }

  #collect(): readonly ContentItem[] {
    const tail = this.#tail.slice(this.#tailStart)
    if (!this.#hasOmitted) return this.#whole(tail)
    const last = keepLast(tail, edgeBytes)
    const bytes = this.#omitted.bytes + last.omitted
    const remark = overflowRemark({ ...this.#omitted, bytes })
    return [...this.#head, { type: 'input_text', text: remark }, ...last.items]
  }

  /** Returns all output unchanged. */
  #whole(tail: readonly ContentItem[]): readonly ContentItem[] {
    const first = this.#isSplit ? this.#head.at(-1) : undefined
    const [rest, ...others] = tail
    if (first?.type !== 'input_text' || rest?.type !== 'input_text') return [...this.#head, ...tail]
    return [...this.#head.slice(0, -1), { type: 'input_text', text: first.text + rest.text }, ...others]
  }
}

type Omitted = {
  readonly bytes: number
  readonly segments: number
  readonly images: number
  readonly audio: number
}

function overflowRemark({ bytes, segments, images, audio }: Omitted): string {
  return `[Code Mode session output limit reached: omitted ${bytes} text bytes; discarded ${segments} text segments, ${images} images, ${audio} audio items]`
}

/** Returns the last `limit` bytes of the texts in a list, together with all other items. */
function keepLast(items: readonly ContentItem[], limit: number): { items: ContentItem[]; omitted: number } {
  const last: ContentItem[] = []
  let left = limit
  let omitted = 0
  for (const item of items.toReversed()) {
    if (item.type !== 'input_text') {
      last.push(item)
      continue
    }
    const bytes = byteLength(item.text)
    if (bytes <= left) {
      last.push(item)
      left -= bytes
      continue
    }
    const buffer = toUtf8(item.text)
    const start = boundaryAfter(buffer, bytes - left)
    if (start < bytes) last.push({ ...item, text: fromUtf8(buffer, start) })
    omitted += start
    left = 0
  }
  return { items: last.toReversed(), omitted }
}

/** Returns the largest index up to `at` at which a UTF-8 character starts. */
function boundaryBefore(buffer: Uint8Array, at: number): number {
  let index = Math.min(at, buffer.length)
  while (index > 0 && index < buffer.length && isContinuation(buffer[index])) index--
  return index
}

/** Returns the smallest index from `at` at which a UTF-8 character starts. */
function boundaryAfter(buffer: Uint8Array, at: number): number {
  let index = at
  while (index < buffer.length && isContinuation(buffer[index])) index++
  return index
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

/** Returns the size of an item in UTF-8 bytes. */
export function bytesOf(item: ContentItem): number {
  return byteLength(payloadOf(item))
}

function payloadOf(item: ContentItem): string {
  switch (item.type) {
    case 'input_text':
      return item.text
    case 'input_image':
      return item.image_url
    case 'input_audio':
      return item.audio_url
    default:
      return item satisfies never
  }
}
