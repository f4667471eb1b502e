import { ResponseTooLong } from '../failures/read-bytes.ts'
import { RequestFailure, requestError, statusFailure } from '../failures/request-failure.ts'
import type { HttpRequest } from '../request/build-request.ts'
import { errorText, headOf, readContent } from './read-response.ts'

export type SendOptions = {
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
  /** Maximum size of a response in bytes. */
  readonly maxResponseBytes: number
  /** Whether the result has the status and the headers. */
  readonly withHead: boolean
  /** Removes credentials from a text. */
  readonly withoutSecrets: (text: string) => string
}

/** The result of a request, and the headers and the URL of its response. */
export type Received = { readonly value: unknown; readonly headers: Headers; readonly url: URL }

const maxRedirects = 5

/** Methods that change nothing on the server. */
const readMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

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
    const value = await readSuccess(response, trip, options)
    return { value, headers: response.headers, url: trip.url }
  } catch (cause) {
    const { label, mayBeApplied } = trip
    throw requestError(cause, { label, mayBeApplied, withoutSecrets: options.withoutSecrets })
  }
}

/** Reads a successful response. One that was cut off does not show that the server has finished. */
async function readSuccess(
  response: Response,
  { method, isWrite }: Trip,
  { maxResponseBytes, withHead }: SendOptions,
): Promise<unknown> {
  if (method === 'HEAD') return headOf(response)
  try {
    const body = await readContent(response, maxResponseBytes)
    return withHead ? { ...headOf(response), body } : body
  } catch (cause) {
    if (!(cause instanceof ResponseTooLong)) throw cause
    const { status, statusText } = response
    const head = `returned ${status} ${statusText}`.trim()
    const text = isWrite ? `${head}, but the response is unreadable: ${cause.message}` : cause.message
    throw new RequestFailure('certain', text, { cause, details: { status } })
  }
}

/** A request with its redirects. */
class Trip {
  readonly label: string
  readonly method: string
  readonly isWrite: boolean
  readonly #request: HttpRequest
  /** The URL of the latest request. */
  url: URL
  /** Whether a redirect can mean that the server has processed a write. */
  mayBeApplied = false

  constructor(request: HttpRequest) {
    this.label = `${request.method} ${request.url.pathname}`
    this.method = request.method
    this.isWrite = !readMethods.has(request.method)
    this.#request = request
    this.url = request.url
  }

  async follow({ fetch, signal }: SendOptions): Promise<Response> {
    let { method, data } = this.#request
    const { headers } = this.#request
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const response = await fetch(this.url, { method, headers, body: data, redirect: 'manual', signal })
      const { status } = response
      const location = response.headers.get('location')
      if (status < 300 || status > 399 || location === null) return response
      await response.body?.cancel()
      // With 307 and 308 the server asks for the same request elsewhere.
      if (this.isWrite && status < 307) this.mayBeApplied = true
      this.url = this.#targetOf(location)
      if ((status === 303 && method !== 'HEAD') || (status < 303 && method === 'POST')) {
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
