import { readBytes } from '../failures/read-bytes.ts'
import { essenceOf, kindOf, mediaTypeParameter } from '../operation/media-type.ts'
import { parseEvents } from './parse-events.ts'

/**
 * Reads the content of a response: JSON as its value, JSON lines and events as lists, text as a string, other content as
 * `{ content_type, base64, filename? }`, an empty body as null. Content that is not what its media type claims is a string.
 *
 * @throws {TypeError} when the content exceeds `maxBytes`.
 */
export async function readContent(response: Response, maxBytes: number): Promise<unknown> {
  const bytes = await readBytes(response, maxBytes)
  if (bytes.length === 0) return null
  const contentType = response.headers.get('content-type') ?? ''
  switch (contentType === '' ? 'text' : kindOf(contentType)) {
    case 'json':
      return parsed(textOf(bytes, contentType))
    case 'lines':
      return parsedLines(textOf(bytes, contentType))
    case 'events':
      return parseEvents(textOf(bytes, contentType))
    case 'text':
      return contentType === '' && !isUtf8(bytes) ? fileOf(response, bytes) : textOf(bytes, contentType)
    case 'form':
      return textOf(bytes, contentType)
    default:
      return fileOf(response, bytes)
  }
}

/** Returns the status and the headers of a response by their names in lower case, except cookies. */
export function headOf({ status, headers }: Response): { status: number; headers: Record<string, string> } {
  return { status, headers: Object.fromEntries([...headers].filter(([name]) => name !== 'set-cookie')) }
}

/** Maximum size of an error response, in bytes. */
const maxErrorBytes = 1_048_576

/** Returns the text of an error response, or the size of one that is not text. */
export async function errorText(response: Response): Promise<string> {
  const bytes = await readBytes(response, maxErrorBytes).catch(() => Buffer.alloc(0))
  const contentType = response.headers.get('content-type') ?? ''
  if (bytes.length > 0 && (contentType === '' ? !isUtf8(bytes) : kindOf(contentType) === 'binary')) {
    return `${bytes.length} bytes of ${essenceOf(contentType) || 'unknown content'}`
  }
  return textOf(bytes, contentType).trim()
}

/** Decodes text with the charset of its media type; UTF-8 when there is none, or an unknown one. */
function textOf(bytes: Uint8Array, contentType: string): string {
  try {
    return new TextDecoder(mediaTypeParameter(contentType, 'charset') ?? 'utf-8').decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function parsedLines(text: string): unknown {
  const lines = text
    .replaceAll('\u001E', '\n')
    .split('\n')
    .filter((line) => line.trim() !== '')
  try {
    return lines.map((line): unknown => JSON.parse(line))
  } catch {
    return text
  }
}

type FileResult = { readonly content_type: string; readonly base64: string; readonly filename?: string }

function fileOf(response: Response, bytes: Buffer): FileResult {
  const filename = filenameOf(response.headers.get('content-disposition') ?? '')
  return {
    content_type: response.headers.get('content-type') ?? 'application/octet-stream',
    base64: bytes.toString('base64'),
    ...(filename === null ? {} : { filename }),
  }
}

/** Returns the last part of the file name that a header suggests (RFC 6266), or null. */
function filenameOf(disposition: string): string | null {
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(disposition)?.[1]
  const plain = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition)
  const name = decoded(extended ?? '') ?? plain?.[1]?.replaceAll(/\\(.)/g, '$1') ?? plain?.[2] ?? ''
  return name.split(/[/\\]/).at(-1) || null
}

function decoded(text: string): string | null {
  try {
    return text === '' ? null : decodeURIComponent(text)
  } catch {
    return null
  }
}
