import type { ContentItem } from '../../protocol/content-item.ts'

/** The content of a base64 data URI. */
export type Media = { readonly mediaType: string; readonly base64: string }

/** An item that carries an image or audio. */
export type MediaItem = Exclude<ContentItem, { readonly type: 'input_text' }>

/** Parses a base64 data URI in any case, with or without parameters. Returns null for any other string. */
export function parseDataUri(uri: string): Media | null {
  const [, mediaType, base64] = /^data:([\w.+-]+\/[\w.+-]+)(?:;[^,;]*)*;base64,(.*)$/is.exec(uri) ?? []
  return mediaType === undefined || base64 === undefined ? null : { mediaType: mediaType.toLowerCase(), base64 }
}

/** Returns the content of an item, or null when its URL is not a base64 data URI. */
export function mediaOf(item: MediaItem): Media | null {
  return parseDataUri(item.type === 'input_image' ? item.image_url : item.audio_url)
}

/** Returns the text that stands for an image or audio which an interface cannot carry. Never contains the data itself. */
export function omittedMediaText(item: MediaItem): string {
  const kind = item.type === 'input_image' ? 'image' : 'audio'
  const media = mediaOf(item)
  return media === null
    ? `[${kind} omitted: its URL is not a base64 data URI]`
    : `[${kind} omitted: this interface does not support ${media.mediaType}]`
}
