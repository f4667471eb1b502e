import type { ContentItem } from '../../protocol/content-item.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { CellOutput } from '../api.ts'

/** The retained output of a cell, in characters and items. */
const maxCharacters = 262_144
const maxItems = 2000

/** Maximum length of a media item that is sent, in characters. */
const maxMedia = 2 ** 20

/** The latest output of a cell. */
export class LiveOutput {
  #items: CellOutput[] = []
  #characters = 0
  isComplete = true

  get items(): readonly CellOutput[] {
    return this.#items
  }

  add(item: CellOutput): void {
    this.#items.push(item)
    this.#characters += sizeOf(item)
    while (this.#items.length > maxItems || this.#characters > maxCharacters) {
      const first = this.#items.shift()
      if (first === undefined) break
      this.#characters -= sizeOf(first)
      this.isComplete = false
    }
  }

  addEvent(event: CellEvent): void {
    if (event.type === 'text') this.add(textOutput(event.body))
    else if (event.type === 'image' || event.type === 'audio') this.add(mediaOutput(event.type, event.body))
  }
}

/** Returns an item of the output of a cell. */
export function outputOf(item: ContentItem): CellOutput {
  if (item.type === 'input_text') return textOutput(item.text)
  if (item.type === 'input_image') return mediaOutput('image', item.image_url)
  return mediaOutput('audio', item.audio_url)
}

function textOutput(text: string): CellOutput {
  return { type: 'text', text: text.slice(0, maxCharacters) }
}

/** A page loads nothing from elsewhere, so that only the content itself can be shown. */
function mediaOutput(type: 'image' | 'audio', url: string): CellOutput {
  const isShown = url.length <= maxMedia && /^data:(?:image\/(?:png|jpeg|gif|webp)|audio\/[\w.+-]{1,40})[;,]/i.test(url)
  return { type, url: isShown ? url : null, bytes: url.length }
}

function sizeOf(item: CellOutput): number {
  if ('text' in item) return item.text.length
  return item.url?.length ?? 0
}
