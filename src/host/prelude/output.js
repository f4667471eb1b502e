import { apply, indexOf, isArray, parse, slice, toLowerCase, toWellFormed } from './primordials.js'
import { emissionKinds } from '../engine/bridge.ts'
import { bytesOf, limit } from './limits.js'
import { endAt, send, sendLocation } from './emissions.js'
import { emitLocation } from './location.js'
import { hasHugeInteger, portableJsonOf, textOf } from './json.js'
import { PRINTED, countPromises } from './promise-uses.js'
import { isShortWave } from './short-clips.js'

/** @type {(kind: number, detail: string, body: string) => void} */
export function output(kind, detail, body) {
  checkSize(body)
  emitLocation()
  emitOutput(kind, detail, body)
}

/** The session limits the unread output in total; no single item may exceed that limit. @type {(body: string) => void} */
function checkSize(body) {
  const bytes = bytesOf(body)
  if (bytes > limit('outputBytes')) endAt('output_bytes', limit('outputBytes'), bytes)
}

/** @type {(kind: number, detail: string, body: string) => void} */
function emitOutput(kind, detail, body) {
  if (kind === emissionKinds.text) sendText(body)
  else send(kind, 0, detail, body)
}

/**
 * Returns `text` for a call at a location of the source; line 0 for a call anywhere. All have the same name and code, so that no
 * stack differs.
 * @type {(line: number, column: number) => (value: unknown) => void}
 */
export function textAt(line, column) {
  return function text(/** @type {unknown} */ value) {
    // The program may have replaced the global function by a way that its source does not show.
    if (line !== 0 && globals.text !== globalText) return apply(globals.text, undefined, [value])
    const body = textOf(value)
    countPromises(PRINTED, value, body)
    checkSize(body)
    if (line === 0) emitLocation()
    else sendLocation(line, column)
    sendText(body)
  }
}

const globals = /** @type {any} */ (globalThis)
export const text = textAt(0, 0)

/** The value of the global `text`. @type {unknown} */
let globalText = text

/** Reads the global `text` again, by which calls with a known location notice that a program has replaced it. */
export function useGlobalText() {
  globalText = globals.text
}

export const contentExpects = 'content expects one MCP ContentBlock'
const imageExpects =
  'image expects a non-empty image URL string, an object with image_url and optional detail, or a raw MCP image block'
const audioExpects = 'audio expects a non-empty audio URL string, an object with audio_url, or a raw MCP audio block'

/** @type {(value: any, detail: any) => void} */
export function image(value, detail) {
  outputImage(imageOf(value, detail))
}

/** @type {(image: { url: string, detail: string }) => void} */
export function outputImage({ url, detail }) {
  output(emissionKinds.image, detail, toWellFormed(url))
}

/** @type {(value: any, detail?: any) => { url: string, detail: string }} */
function imageOf(value, detail) {
  if (!isOptionalString(detail)) throw 'image detail must be a string when provided'
  const found = typeof value === 'string' ? { url: value, detail: undefined } : imageObject(value)
  if (found.url === '') throw imageExpects
  checkScheme(found.url, 'image')
  const wanted = toLowerCase(typeof detail === 'string' ? detail : (found.detail ?? 'high'))
  if (!isDetail(wanted)) throw 'image detail must be one of: auto, low, high, original'
  return { url: found.url, detail: wanted }
}

/** @type {(value: any) => { url: string, detail: string | undefined }} */
function imageObject(value) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function') || isArray(value)) throw imageExpects
  const url = value.image_url
  if (url !== undefined) {
    if (typeof url !== 'string') throw imageExpects
    const detail = value.detail
    if (!isOptionalString(detail)) throw 'image detail must be a string when provided'
    return { url, detail: detail ?? undefined }
  }
  const block = blockOf(value, imageExpects)
  if (block.type !== 'image') throw `image only accepts MCP image blocks, got "${block.type}"`
  return { url: mediaUrl(block, 'image'), detail: detailFromMeta(block) }
}

/** Returns a value as an MCP block. @type {(value: unknown, expects: string) => any} */
function blockOf(value, expects) {
  const block = parse(portableJsonOf(value))
  if (hasHugeInteger(block)) throw contentExpects
  if (typeof block !== 'object' || block === null || isArray(block) || typeof block.type !== 'string') throw expects
  return block
}

/** @type {(block: any, what: string) => string} */
function mediaUrl(block, what) {
  const data = block.data
  if (typeof data !== 'string' || data === '') throw `${what} expected MCP ${what} data`
  if (toLowerCase(slice(data, 0, 5)) === 'data:') return data
  const mime = block.mimeType === undefined ? block.mime_type : block.mimeType
  return `data:${typeof mime === 'string' && mime !== '' ? mime : 'application/octet-stream'};base64,${data}`
}

/** @type {(block: any) => string | undefined} */
export function detailFromMeta(block) {
  const meta = block._meta
  if (typeof meta !== 'object' || meta === null) return undefined
  const detail = meta['codex/imageDetail']
  return isDetail(detail) ? detail : undefined
}

/** @type {(value: unknown) => boolean} */
const isDetail = (value) => value === 'auto' || value === 'low' || value === 'high' || value === 'original'

/** @type {(value: unknown) => boolean} */
export const isOptionalString = (value) => value === undefined || value === null || typeof value === 'string'

/** Refuses everything but data URIs. @type {(url: string, what: string) => void} */
function checkScheme(url, what) {
  const colon = indexOf(url, ':')
  const scheme = colon === -1 ? '' : toLowerCase(slice(url, 0, colon))
  if (scheme === 'data') return
  if (what === 'image' && (scheme === 'http' || scheme === 'https')) {
    throw 'Tool call failed: remote image URLs are not supported in tool outputs. Pass a base64 data URI instead'
  }
  throw `Tool call failed: invalid ${what} output. Pass a base64 data URI instead`
}

/** @type {(value: any) => void} */
export function audio(value) {
  const url = typeof value === 'string' ? value : audioObject(value)
  if (url === '') throw audioExpects
  checkScheme(url, 'audio')
  outputAudio(url)
}

/** @type {(value: any) => string} */
function audioObject(value) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function') || isArray(value)) throw audioExpects
  const url = value.audio_url
  if (url !== undefined) {
    if (typeof url !== 'string') throw audioExpects
    return url
  }
  const block = blockOf(value, audioExpects)
  if (block.type !== 'audio') throw `audio only accepts MCP audio blocks, got "${block.type}"`
  return mediaUrl(block, 'audio')
}

/** @type {(url: string) => void} */
export function outputAudio(url) {
  if (isShortWave(url)) {
    output(emissionKinds.text, '', 'Audio output omitted because the clip is shorter than 25 ms; use a longer clip.')
  } else output(emissionKinds.audio, '', toWellFormed(url))
}

/** @type {(result: any) => void} */
export function generatedImage(result) {
  if (result === null || (typeof result !== 'object' && typeof result !== 'function'))
    throw 'generatedImage expects an image generation result object'
  const hint = result.output_hint
  if (hint !== undefined && typeof hint !== 'string') throw 'generatedImage output_hint must be a string when provided'
  outputImage(imageOf(result))
  if (hint !== undefined) output(emissionKinds.text, '', toWellFormed(hint))
}
