import { CodecellError, messageOf } from '../../../errors.ts'
import { leavesOutcomeUnknown, isGatewayStatus, isUnreached } from '../../../tools/unknown-outcome.ts'
import type { HttpRequest } from '../request/build-request.ts'
import { errorText, headOf, readContent } from './read-response.ts'

export type SendOptions = {
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
  /** Maximum size of a response in bytes. */
  readonly maxResponseBytes: number
  /** Whether the result has the status and the headers. */
  readonly withHead: boolean
}

const maxRedirects = 5

/**
 * Sends a request and reads the response: its content, or `{ status, headers, body }`. The result of `HEAD` is `{ status, headers }`.
 * Follows redirects only within the origin, so that no other origin receives credentials.
 *
 * @throws {CodecellError} TOOL_FAILED, or TOOL_OUTCOME_UNKNOWN when the connection broke.
 */
export async function sendRequest(request: HttpRequest, options: SendOptions): Promise<unknown> {
  const label = `${request.method} ${request.url.pathname}`
  try {
    const response = await follow(request, options)
    if (response.ok) return await answerOf(response, request.method, options)
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
async function answerOf(response: Response, method: string, options: SendOptions): Promise<unknown> {
  const { maxResponseBytes, withHead } = options
  try {
    if (method === 'HEAD') return headOf(response)
    const body = await readContent(response, maxResponseBytes)
    return withHead ? { ...headOf(response), body } : body
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
    if ((response.status === 303 && method !== 'HEAD') || (response.status < 303 && method === 'POST')) {
      method = 'GET'
      data = null
      request.headers.delete('content-type')
    }
    url = target
  }
  throw new TypeError(`it redirects more than ${maxRedirects} times`)
}
