import { CodecellError, messageOf } from '../../../errors.ts'
import { leavesOutcomeUnknown, isGatewayStatus, isUnreached } from '../../../tools/unknown-outcome.ts'
import type { HttpRequest } from '../request/build-request.ts'
import { isJsonType } from '../operation/operation.ts'

export type SendOptions = {
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
  /** Maximum size of a response in bytes. */
  readonly maxResponseBytes: number
}

const maxRedirects = 5

/** Maximum length of an error response in a message, in characters. */
const maxErrorText = 2000

/**
 * Sends a request and reads the response: JSON as its value, text as a string, other content as `{ content_type, base64 }`, an empty
 * body as null. Follows redirects only within the origin, so that no other origin receives credentials.
 *
 * @throws {CodecellError} TOOL_FAILED, or TOOL_OUTCOME_UNKNOWN when the connection broke.
 */
export async function sendRequest(request: HttpRequest, options: SendOptions): Promise<unknown> {
  const label = `${request.method} ${request.url.pathname}`
  try {
    const response = await follow(request, options)
    if (response.ok) return await answerOf(response, options.maxResponseBytes)
    const text = await errorText(response)
    const said = `returned ${response.status} ${response.statusText}`.trim() + (text === '' ? '' : `: ${text}`)
    throw isGatewayStatus(response.status) ? new AnswerMissing(said) : new TypeError(said)
  } catch (cause) {
    // The errors of `fetch` have the reason only in their cause.
    const isOurs = cause instanceof AnswerMissing
    const reason =
      !isOurs && cause instanceof Error && cause.cause instanceof Error ? `: ${messageOf(cause.cause)}` : ''
    const code = isUnknown(cause) ? 'TOOL_OUTCOME_UNKNOWN' : 'TOOL_FAILED'
    throw new CodecellError(code, `${label} ${textOf(cause)}${reason}`, { cause })
  }
}

/** The server can have processed the request, but its response is missing or unreadable. */
class AnswerMissing extends TypeError {}

/** Reads the response of a server that processed the request. */
async function answerOf(response: Response, maxBytes: number): Promise<unknown> {
  try {
    return await readAnswer(response, maxBytes)
  } catch (cause) {
    throw new AnswerMissing(messageOf(cause), { cause })
  }
}

/** Returns whether the server can have processed the request: its response is missing, or `fetch` failed after the connection. */
function isUnknown(cause: unknown): boolean {
  if (cause instanceof AnswerMissing || leavesOutcomeUnknown(cause)) return true
  return cause instanceof TypeError && cause.cause instanceof Error && !isUnreached(cause)
}

function textOf(cause: unknown): string {
  const text = messageOf(cause)
  return text.startsWith('returned ') ? text : `failed: ${text}`
}

async function follow(request: HttpRequest, { fetch, signal }: SendOptions): Promise<Response> {
  let { url, method, data } = request
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const response = await fetch(url, { method, headers: request.headers, body: data, redirect: 'manual', signal })
    const location = response.headers.get('location')
    if (response.status < 300 || response.status > 399 || location === null) return response
    await response.body?.cancel()
    const target = new URL(location, url)
    if (target.origin !== url.origin) {
      throw new AnswerMissing(`it redirects to another origin, ${target.origin}`)
    }
    if (response.status === 303 || (response.status < 303 && method === 'POST')) {
      method = 'GET'
      data = null
      request.headers.delete('content-type')
    }
    url = target
  }
  throw new TypeError(`it redirects more than ${maxRedirects} times`)
}

async function readAnswer(response: Response, maxBytes: number): Promise<unknown> {
  const bytes = await readBytes(response, maxBytes)
  const contentType = response.headers.get('content-type') ?? ''
  if (bytes.length === 0) return null
  if (isJsonType(contentType)) return JSON.parse(bytes.toString())
  if (contentType === '' || /^text\/|xml|yaml|javascript/i.test(contentType)) return bytes.toString()
  return { content_type: contentType, base64: bytes.toString('base64') }
}

async function readBytes(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new TypeError(`its response exceeds the limit of ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function errorText(response: Response): Promise<string> {
  const text = (await readBytes(response, 1_048_576).catch(() => Buffer.alloc(0))).toString().trim()
  return text.length > maxErrorText ? `${text.slice(0, maxErrorText)}…` : text
}
