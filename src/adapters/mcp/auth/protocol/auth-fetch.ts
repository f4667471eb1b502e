import { HttpFetch } from '../../wire/http-fetch.ts'
import { limitedText } from '../../wire/limited-text.ts'
import { checkSecureUrl } from './secure-url.ts'

/** Timeout of a request to an authorization server, in milliseconds. */
const requestMs = 15_000

/** Maximum size of a response in bytes. */
const maxBytes = 1024 * 1024

/** The statuses of responses without a body. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** Sends the requests of an authorization, within limits. Disposing it closes the connections. */
export class AuthFetch implements Disposable {
  readonly #http = new HttpFetch()
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Has the interface of `fetch`, and follows no redirect. */
  readonly fetch = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    checkSecureUrl(url, 'the URL of an authorization')
    const { signal, body } = init
    const signals = [this.#signal, AbortSignal.timeout(requestMs), ...(signal ? [signal] : [])]
    const response = await this.#http.fetch(url, {
      ...init,
      ...(body instanceof URLSearchParams ? { body: body.toString() } : {}),
      signal: AbortSignal.any(signals),
    })
    const text = await limitedText(response, maxBytes, 'fail')
    const { status, statusText, headers } = response
    return new Response(bodiless.has(status) ? null : text, { status, statusText, headers })
  };

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]()
  }
}
