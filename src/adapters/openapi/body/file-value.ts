import { isRecord } from '../../../protocol/json.ts'
import { textMember } from '../document/document.ts'

/** The bytes of a file, with what the cell says about them. */
export type FileValue = {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly contentType: string | null
  readonly filename: string | null
}

const fileKeys: ReadonlySet<string> = new Set(['base64', 'text', 'content_type', 'filename'])

/**
 * Returns whether a value looks like a file where the schema does not say so: bytes, or an object with `base64`, or with `text` and its
 * type, and nothing else.
 */
export function isFileObject(value: unknown): boolean {
  if (ArrayBuffer.isView(value)) return true
  if (!isRecord(value) || !Object.keys(value).every((key) => fileKeys.has(key))) return false
  return typeof value['base64'] === 'string' || (typeof value['text'] === 'string' && 'content_type' in value)
}

/**
 * Reads a file: a string with base64 or a data URL, an object with `base64` or `text`, or bytes.
 *
 * @throws {TypeError} for other values.
 */
export function fileOf(value: unknown): FileValue {
  if (typeof value === 'string') return ofText(value)
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    return { bytes: new Uint8Array(bytes), contentType: null, filename: null }
  }
  if (!isRecord(value)) throw notAFile()
  const base64 = textMember(value, 'base64')
  const text = textMember(value, 'text')
  if (base64 === undefined && text === undefined) throw notAFile()
  const content = base64 === undefined ? { bytes: utf8(text ?? ''), contentType: null } : ofText(base64)
  return {
    bytes: content.bytes,
    contentType: textMember(value, 'content_type') ?? content.contentType,
    filename: textMember(value, 'filename') ?? null,
  }
}

function ofText(text: string): FileValue {
  const [, contentType = '', encoding, data = ''] = /^data:([^,]*?)(;base64)?,([^]*)$/i.exec(text) ?? []
  if (data !== '' && encoding === undefined) {
    return { bytes: utf8(decodeURIComponent(data)), contentType: contentType || 'text/plain', filename: null }
  }
  const base64 = encoding === undefined ? text : data
  const digits = /^([A-Za-z0-9+/_-]*)={0,2}$/.exec(base64.replaceAll(/\s*\n\s*/g, '').trim())?.[1]
  // Spaces, or one digit more than a multiple of four, show that the string is plain text.
  if (digits === undefined || digits.length % 4 === 1) throw notAFile()
  return { bytes: new Uint8Array(Buffer.from(base64, 'base64')), contentType: contentType || null, filename: null }
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text))
}

function notAFile(): TypeError {
  return new TypeError('bytes must be a base64 string, a data URL, or an object with "base64" or "text"')
}
