import { isRecord } from '../protocol/json.ts'
import { isImageDetail, type ContentItem } from '../protocol/content-item.ts'

/** Parses stored output; null when it is malformed. */
export function parseContentItems(value: unknown): readonly ContentItem[] | null {
  const items = Array.isArray(value) ? value.map(itemOf) : [null]
  const good = items.filter((item) => item !== null)
  return good.length === items.length ? good : null
}

function itemOf(value: unknown): ContentItem | null {
  if (!isRecord(value)) return null
  const { type, text, image_url, audio_url, detail } = value
  if (type === 'input_text' && typeof text === 'string') return { type, text }
  if (type === 'input_audio' && typeof audio_url === 'string') return { type, audio_url }
  if (type === 'input_image' && typeof image_url === 'string' && isImageDetail(detail))
    return { type, image_url, detail }
  return null
}
