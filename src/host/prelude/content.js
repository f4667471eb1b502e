import { apply, isArray, iteratorKey, parse, slice, toLowerCase, toWellFormed } from './primordials.js'
import { emissionKinds } from '../engine/bridge.ts'
import { hasHugeInteger, isPlainInteger, portableJsonOf } from './json.js'
import { visitBuiltIn } from './objects.js'
import { contentExpects, detailFromMeta, isOptionalString, output, outputAudio, outputImage } from './output.js'

/** @type {(value: any) => void} */
export function content(value) {
  if (typeof value !== 'object' || value === null) return contentBlock(value)
  if (visitBuiltIn(value, contentBlock)) return
  const method = value[iteratorKey]
  if (method === undefined || method === null) return contentBlock(value)
  const blocks = /** @type {Iterable<unknown>} */ (
    /** @type {unknown} */ ({ [iteratorKey]: () => apply(method, value, []) })
  )
  for (const block of blocks) contentBlock(block)
}

/** @type {(value: unknown) => void} */
function contentBlock(value) {
  if (
    value === null ||
    (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol' && typeof value !== 'bigint')
  ) {
    throw contentExpects
  }
  const json = portableJsonOf(value)
  const block = parse(json)
  if (!isRecord(block) || hasHugeInteger(block)) throw contentExpects
  if (block.type === 'text' && typeof block.text === 'string')
    return output(emissionKinds.text, '', toWellFormed(block.text))
  if (block.type === 'image' && isMedia(block)) {
    return outputImage({ url: contentUrl(block), detail: detailFromMeta(block) ?? 'high' })
  }
  if (block.type === 'audio' && isMedia(block)) return outputAudio(contentUrl(block))
  if (block.type === 'resource' && isResource(block.resource)) return output(emissionKinds.text, '', json)
  if (block.type === 'resource_link' && isLink(block)) return output(emissionKinds.text, '', json)
  throw contentExpects
}

// The members that a block may have; all others are ignored (CM-C60 to CM-C65).

/** @type {(block: any) => boolean} */
const isMedia = ({ data, mimeType, mime_type: otherType }) =>
  typeof data === 'string' &&
  (mimeType === undefined || otherType === undefined) &&
  isOptionalString(mimeType) &&
  isOptionalString(otherType)

/** @type {(block: any) => string} */
function contentUrl({ data, mimeType, mime_type: otherType }) {
  if (toLowerCase(slice(data, 0, 5)) === 'data:') return data
  return `data:${mimeType ?? otherType ?? 'application/octet-stream'};base64,${data}`
}

/** @type {(resource: any) => boolean} */
const isResource = (resource) =>
  isRecord(resource) &&
  typeof resource.uri === 'string' &&
  (typeof resource.text === 'string' || typeof resource.blob === 'string') &&
  isOptionalString(resource.mimeType)

/** @type {(block: any) => boolean} */
const isLink = ({ uri, name, mimeType, title, description, size, icons }) =>
  typeof uri === 'string' &&
  typeof name === 'string' &&
  isOptionalString(mimeType) &&
  isOptionalString(title) &&
  isOptionalString(description) &&
  (size === undefined || size === null || isPlainInteger(size)) &&
  (icons === undefined || icons === null || isArray(icons))

/** @type {(value: any) => boolean} */
const isRecord = (value) => typeof value === 'object' && value !== null && !isArray(value)
