import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../../../errors.ts'

/** The APIs of models. */
export const apiNames = ['openai-chat', 'openai-responses', 'anthropic'] as const

export type ApiName = (typeof apiNames)[number]

/** The endpoint of a model. */
export type EndpointOptions = {
  readonly api: ApiName
  /** The base URL, without the path of the API. */
  readonly baseUrl: URL
  /** Null for an endpoint without a key. */
  readonly key: string | null
  /** The header of the key. Null: that of the API. */
  readonly keyHeader: string | null
  /** Retries of one request after status 429, 5xx and lost connections. */
  readonly maxRetries: number
}

/** Callbacks of a request. */
export type RequestHooks = {
  readonly signal: AbortSignal
  /** Called before a wait, and after it: the time does not count as the model's. */
  readonly onWait: (isWaiting: boolean) => void
}

/** A request that the endpoint refused, or did not respond to. */
export class EndpointError extends Error {
  /** Null when no response arrived. */
  readonly status: number | null

  constructor(status: number | null, message: string) {
    super(message)
    this.status = status
  }

  /** Whether every other request fails for the same reason. */
  get isFinal(): boolean {
    return this.status === 401 || this.status === 403 || this.status === 404
  }

  /** Whether the endpoint refused this request, e.g. because the conversation is too long. */
  get isRefusal(): boolean {
    return this.status === 400 || this.status === 413 || this.status === 422
  }
}

const paths: Readonly<Record<ApiName, string>> = {
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  anthropic: '/v1/messages',
}

export const defaultBaseUrls: Readonly<Record<ApiName, string>> = {
  'openai-chat': 'https://api.openai.com/v1',
  'openai-responses': 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com',
}

const maxWaitMs = 60_000

/** An endpoint of a model API. The key is only in the headers of its requests, and removed from everything that it returns. */
export class Endpoint {
  readonly #options: EndpointOptions
  readonly #url: string
  /** The number of repeated requests. */
  retries = 0

  constructor(options: EndpointOptions) {
    this.#options = options
    const { pathname } = options.baseUrl
    const base = pathname.replace(/\/+$/, '')
    const url = new URL(options.baseUrl)
    const path = paths[options.api]
    // Users write the base URL of this API with and without its version.
    url.pathname = options.api === 'anthropic' ? `${base.replace(/\/v1$/, '')}${path}` : `${base}${path}`
    this.#url = url.href
  }

  /**
   * Sends a request until a response arrives that `parse` accepts. Errors of `parse` count as failures of the endpoint.
   *
   * @throws {EndpointError} when the endpoint refuses the request, or fails too often
   */
  async send<Parsed>(body: object, parse: (response: unknown) => Parsed, hooks: RequestHooks): Promise<Parsed> {
    const text = JSON.stringify(body)
    for (let attempt = 0; ; attempt++) {
      const result = await this.#attempt(text, parse, hooks.signal)
      if (result.type === 'parsed') return result.value
      if (!result.isTemporary || attempt >= this.#options.maxRetries) throw result.error
      this.retries++
      await waitFor(result.waitMs ?? backoffMs(attempt), hooks)
    }
  }

  async #attempt<Parsed>(
    text: string,
    parse: (response: unknown) => Parsed,
    signal: AbortSignal,
  ): Promise<Attempt<Parsed>> {
    try {
      const request = { method: 'POST', headers: this.#headers(), body: text, signal, redirect: 'manual' } as const
      const response = await fetch(this.#url, request)
      const received = this.#redacted(await response.text())
      if (response.status === 200) return accepted(received, parse)
      const isTemporary = [408, 409, 429].includes(response.status) || response.status >= 500
      const error = new EndpointError(
        response.status,
        `the endpoint responded with ${response.status}: ${summary(received)}`,
      )
      return { type: 'failed', error, isTemporary, waitMs: retryAfterOf(response.headers) }
    } catch (error) {
      signal.throwIfAborted()
      const { cause } = error instanceof Error ? error : {}
      const reason = this.#redacted(cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`)
      return {
        type: 'failed',
        error: new EndpointError(null, `the request failed: ${reason}`),
        isTemporary: true,
        waitMs: null,
      }
    }
  }

  #headers(): Record<string, string> {
    const { api, key, keyHeader } = this.#options
    const version = api === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}
    const headers = { 'content-type': 'application/json', ...version }
    if (key === null) return headers
    if (keyHeader !== null) return { ...headers, [keyHeader]: key }
    return api === 'anthropic' ? { ...headers, 'x-api-key': key } : { ...headers, authorization: `Bearer ${key}` }
  }

  /** Removes the key: an endpoint can repeat it in an error. */
  #redacted(text: string): string {
    const { key } = this.#options
    return key === null || key === '' ? text : text.replaceAll(key, '[key]')
  }
}

type Attempt<Parsed> =
  | { readonly type: 'parsed'; readonly value: Parsed }
  | {
      readonly type: 'failed'
      readonly error: EndpointError
      readonly isTemporary: boolean
      readonly waitMs: number | null
    }

function accepted<Parsed>(text: string, parse: (response: unknown) => Parsed): Attempt<Parsed> {
  try {
    return { type: 'parsed', value: parse(JSON.parse(text)) }
  } catch (cause) {
    const error = new EndpointError(200, `the response cannot be read: ${messageOf(cause)}: ${summary(text)}`)
    return { type: 'failed', error, isTemporary: true, waitMs: null }
  }
}

function summary(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

/** Returns the time that a response demands, in milliseconds. */
export function retryAfterOf(headers: Headers, now: number = Date.now()): number | null {
  const wait = numberIn(headers.get('retry-after-ms')) ?? secondsIn(headers.get('retry-after') ?? '', now)
  return wait === null ? null : Math.min(Math.max(0, wait), maxWaitMs)
}

function secondsIn(text: string, now: number): number | null {
  const seconds = numberIn(text)
  if (seconds !== null) return seconds * 1000
  // Other texts that this Node parses as dates are not dates of HTTP.
  const wait = /^\s*[a-z]{3},/i.test(text) ? Date.parse(text) - now : Number.NaN
  return Number.isFinite(wait) ? wait : null
}

function numberIn(text: string | null): number | null {
  return text !== null && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : null
}

function backoffMs(attempt: number): number {
  const base = Math.min(maxWaitMs, 500 * 2 ** attempt)
  return base / 2 + (Math.random() * base) / 2
}

async function waitFor(ms: number, { signal, onWait }: RequestHooks): Promise<void> {
  onWait(true)
  try {
    await pause(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    onWait(false)
  }
}
