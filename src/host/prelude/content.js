import { apply, isArray, iteratorKey, parse, slice, toLowerCase, toWellFormed } from './primordials.js'
import { emissionKinds } from '../bridge.ts'
import { portableJsonOf } from './json.js'
import { visitBuiltIn } from './objects.js'
import { detailFromMeta, output, outputAudio, outputImage } from './output.js'

const contentExpects = 'content expects one MCP ContentBlock'

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
  if (value === null || typeof value !== 'object') throw contentExpects
  const json = portableJsonOf(value)
  const block = parse(json)
  if (typeof block !== 'object' || block === null || isArray(block) || !validAnnotations(block.annotations)) {
    throw contentExpects
  }
  if (block.type === 'text' && typeof block.text === 'string')
    return output(emissionKinds.text, '', toWellFormed(block.text))
  if (block.type === 'image' && typeof block.data === 'string') {
    return outputImage({ url: contentUrl(block), detail: detailFromMeta(block) ?? 'high' })
  }
  if (block.type === 'audio' && typeof block.data === 'string') return outputAudio(contentUrl(block))
  if (block.type === 'resource' && isResource(block.resource)) return output(emissionKinds.text, '', json)
  if (block.type === 'resource_link' && typeof block.uri === 'string' && typeof block.name === 'string') {
    return output(emissionKinds.text, '', json)
  }
  throw contentExpects
}

/** @type {(block: any) => string} */
function contentUrl(block) {
  if (toLowerCase(slice(block.data, 0, 5)) === 'data:') return block.data
  const mime = block.mimeType === undefined ? block.mime_type : block.mimeType
  if (mime !== undefined && typeof mime !== 'string') throw contentExpects
  return `data:${mime ?? 'application/octet-stream'};base64,${block.data}`
}

/** @type {(resource: any) => boolean} */
const isResource = (resource) =>
  typeof resource === 'object' &&
  resource !== null &&
  typeof resource.uri === 'string' &&
  (typeof resource.text === 'string' || typeof resource.blob === 'string')

/** @type {(annotations: any) => boolean} */
function validAnnotations(annotations) {
  if (annotations === undefined || annotations === null) return true
  if (typeof annotations !== 'object' || isArray(annotations)) return false
  const { audience, priority, lastModified } = annotations
  if (priority !== undefined && typeof priority !== 'number') return false
  if (lastModified !== undefined && typeof lastModified !== 'string') return false
  if (audience === undefined) return true
  if (!isArray(audience)) return false
  for (let index = 0; index < audience.length; index++) {
    if (audience[index] !== 'user' && audience[index] !== 'assistant') return false
  }
  return true
}
