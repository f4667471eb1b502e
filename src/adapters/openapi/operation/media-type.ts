/** The kind of content, which decides how values are written and read. */
export type ContentKind = 'json' | 'lines' | 'events' | 'form' | 'multipart' | 'text' | 'binary' | 'any'

/** Returns the kind of a media type or a range of media types such as `image/*`. */
export function kindOf(mediaType: string): ContentKind {
  const type = essenceOf(mediaType)
  if (type === '*/*' || type === 'application/*') return 'any'
  if (/[/+](?:x-)?(?:ndjson|jsonl|json-lines|jsonlines|json-seq|stream\+json)$/.test(type)) return 'lines'
  if (isJsonType(type)) return 'json'
  if (type === 'text/event-stream') return 'events'
  if (type === 'application/x-www-form-urlencoded') return 'form'
  if (type.startsWith('multipart/')) return 'multipart'
  return isTextType(type) ? 'text' : 'binary'
}

/** Returns whether a media type is JSON. */
export function isJsonType(mediaType: string): boolean {
  return /^(?:(?:application|text)\/json|.*\+json)$/.test(essenceOf(mediaType))
}

export function isYamlType(mediaType: string): boolean {
  return /[/+](?:x-)?yaml$/.test(essenceOf(mediaType))
}

function isTextType(type: string): boolean {
  return type.startsWith('text/') || /[/+.-](?:xml|xml-dtd|yaml|javascript|ecmascript|graphql|sql|toml)$/.test(type)
}

/** Returns the media type without parameters, in lower case. */
export function essenceOf(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase()
}

/** Returns a parameter of a media type, such as `charset`, or null. */
export function mediaTypeParameter(mediaType: string, name: string): string | null {
  for (const parameter of mediaType.split(';').slice(1)) {
    const [key = '', ...rest] = parameter.split('=')
    if (key.trim().toLowerCase() === name) return rest.join('=').trim().replaceAll(/^"|"$/g, '')
  }
  return null
}

/** Returns whether a media type is a range: it has a `*`. */
export function isRange(mediaType: string): boolean {
  return essenceOf(mediaType).includes('*')
}

/** Returns whether a media type is, or is in the range of, another. */
export function isOfType(mediaType: string, range: string): boolean {
  const [type, wanted] = [essenceOf(mediaType), essenceOf(range)]
  if (wanted === '*/*' || type === wanted) return true
  return wanted.endsWith('/*') && type.startsWith(wanted.slice(0, -1))
}
