import { messageOf } from '../../../errors.ts'
import { readBytes } from '../failures/read-bytes.ts'
import { RequestFailure, requestError, statusFailure } from '../failures/request-failure.ts'
import type { HttpRequest } from '../request/build-request.ts'
import { errorText, headOf, readContent } from './read-response.ts'

export type SendOptions = {
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
  /** Maximum size of a response in bytes. */
  readonly maxResponseBytes: number
  /** Removes credentials from a text. */
  readonly withoutSecrets: (text: string) => string
}

/** The content of a response, and its headers. */
export type Received = { readonly value: unknown; readonly headers: Headers; readonly url: URL }

const maxRedirects = 5

/** Maximum size of the body of an error, in bytes. */
const maxErrorBytes = 1_048_576

/**
 * Sends a request and reads the response: its content, or `{ status, headers, body }`. The result of `HEAD` is `{ status, headers }`.
 * Follows redirects only within the origin, so that no other origin receives credentials.
 *
 * @throws {CodecellError} TOOL_FAILED, TOOL_OUTCOME_UNKNOWN when the server can have processed the request, or TOOL_RESULT_UNREADABLE
 * when it has.
 */
export async function sendRequest(request: HttpRequest, options: SendOptions): Promise<Received> {
  const trip = new Trip(request)
  try {
    const response = await trip.follow(options)
    if (!response.ok) throw statusFailure(response, await errorText(response))
    const value = await readSuccess(response, trip, options.maxResponseBytes)
    return { value, headers: response.headers, url: trip.url }
  } catch (cause) {
    const { label, mayBeApplied } = trip
    throw requestError(cause, { label, mayBeApplied, withoutSecrets: options.withoutSecrets })
  }
}

/** Reads the content of a successful response. A response that was cut off does not show that the server has finished. */
async function readSuccess(response: Response, { isWrite }: Trip, maxBytes: number): Promise<unknown> {
  const bytes = await readBytes(response, maxBytes)
  if (bytes !== null) {
    try {
      return contentOf(response, bytes)
    } catch (cause) {
      throw unreadable(response, isWrite, messageOf(cause))
    }
  }
  throw unreadable(response, isWrite, `its response exceeds the limit of ${maxBytes} bytes`)
}

function unreadable({ status, statusText }: Response, isWrite: boolean, reason: string): RequestFailure {
  const text = isWrite
    ? `${`returned ${status} ${statusText}`.trim()}, but the response is unreadable: ${reason}`
    : reason
  return new RequestFailure('certain', text, { details: { status } })
}

/** A request with its redirects. */
class Trip {
  readonly label: string
  readonly isWrite: boolean
  readonly #request: HttpRequest
  /** The URL of the latest request. */
  url: URL
  /** Whether a redirect can mean that the server has processed a write. */
  mayBeApplied = false

  constructor(request: HttpRequest) {
    this.label = `${request.method} ${request.url.pathname}`
    this.isWrite = request.method !== 'GET' && request.method !== 'HEAD'
    this.#request = request
    this.url = request.url
  }

  async follow({ fetch, signal }: SendOptions): Promise<Response> {
    let { method, data } = this.#request
    const { headers } = this.#request
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const response = await fetch(this.url, { method, headers, body: data, redirect: 'manual', signal })
      const location = response.headers.get('location')
      if (response.status < 300 || response.status > 399 || location === null) return response
      await response.body?.cancel()
      // With 307 and 308 the server asks for the same request elsewhere.
      if (this.isWrite && response.status < 307) this.mayBeApplied = true
      this.url = this.#targetOf(location)
      if (response.status === 303 || (response.status < 303 && method === 'POST')) {
        method = 'GET'
        data = null
        headers.delete('content-type')
      }
    }
    throw new RequestFailure('none', `it redirects more than ${maxRedirects} times`)
  }

  #targetOf(location: string): URL {
    if (!URL.canParse(location, this.url.href)) throw new RequestFailure('none', 'it redirects to an invalid URL')
    const target = new URL(location, this.url)
    if (target.origin === this.url.origin) return target
    throw new RequestFailure('none', `it redirects to another origin, ${target.origin}`)
  }
}

function contentOf(response: Response, bytes: Buffer): unknown {
  const contentType = response.headers.get('content-type') ?? ''
  if (bytes.length === 0) return null
  if (isJsonType(contentType)) return JSON.parse(bytes.toString())
  if (contentType === '' || /^text\/|xml|yaml|javascript/i.test(contentType)) return bytes.toString()
  return { content_type: contentType, base64: bytes.toString('base64') }
}

async function errorText(response: Response): Promise<string> {
  const bytes = await readBytes(response, maxErrorBytes).catch(() => null)
  return (bytes ?? Buffer.alloc(0)).toString().trim()
}
