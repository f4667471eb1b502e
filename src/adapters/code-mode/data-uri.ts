/** What a base64 data URI holds. */
export type Media = { readonly mediaType: string; readonly base64: string }

/** Takes a data URI of a content item apart, or null when it is none. */
export function mediaOf(uri: string): Media | null {
  const [, mediaType, base64] = /^data:([\w.+-]+\/[\w.+-]+)(?:;[^,;]*)*;base64,(.*)$/is.exec(uri) ?? []
  return mediaType === undefined || base64 === undefined ? null : { mediaType: mediaType.toLowerCase(), base64 }
}
