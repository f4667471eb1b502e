import { messageOf } from '../../../errors.ts'
import { isRecord } from '../../../protocol/json.ts'
import { eventsOf, eventText, type StreamEvent } from './event-stream.ts'
import { HttpFetch } from './http-fetch.ts'
import { limitedText } from './limited-text.ts'
import { refused, ResumedStreams, type ResumedStream, type StreamEnd } from './resumed-streams.ts'
import { StandingStream, type StandingListeners } from './standing-stream.ts'
import { maxMessageBytes, WireReader } from './wire-reader.ts'

/** Maximum length of the body of a failed response, in bytes. */
const maxErrorBody = 65_536

type Message = Readonly<Record<string, unknown>>

export type WireListeners = StandingListeners & {
  /** The stream of SSE has ended, for this reason. */
  readonly onStreamEnd: (reason: string) => void
  /** Receives an error response for a request whose response cannot come. */
  readonly onMessage: (message: Message) => void
}

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/** Adds the authorization to requests, and removes it from texts. */
export type WireAuthorization = {
  readonly wrap: (fetch: Fetch) => Fetch
  readonly redact: (text: string) => string
}

/** The HTTP requests of a connection, whose responses go through a reader. */
export class HttpWire implements Disposable {
  readonly #http = new HttpFetch()
  readonly #reader = new WireReader()
  readonly #resumed = new ResumedStreams()
  readonly #standing: StandingStream
  readonly #isSse: boolean
  readonly #listeners: WireListeners
  readonly #authorization: WireAuthorization
  readonly #send: Fetch
  #openingFailure: HttpStatusError | null = null

  /** `isSse`: the responses come on one stream. */
  constructor(isSse: boolean, authorization: WireAuthorization, listeners: WireListeners) {
    this.#isSse = isSse
    this.#listeners = listeners
    this.#standing = new StandingStream(listeners)
    this.#authorization = authorization
    this.#send = authorization.wrap((url, init) => this.#http.fetch(url, init))
  }

  /** The response that refused the stream of SSE, of which the client keeps only the status. */
  get openingFailure(): HttpStatusError | null {
    return this.#openingFailure
  }

  /** Has the interface of `fetch`. */
  readonly fetch = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    if (init.method === 'POST') return await this.#post(url, init)
    if (init.method === 'DELETE' || this.#isSse) return await this.#plain(url, init)
    return await this.#get(url, init)
  };

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]()
  }

  async #post(url: string | URL, init: RequestInit): Promise<Response> {
    const id = this.#reader.sent(messageIn(init.body))
    try {
      const response = await this.#send(url, init)
      if (!response.ok) {
        this.#reader.forget(id)
        return await this.#failed(response)
      }
      if (this.#isSse) return response
      return id === null ? accepted(response) : await this.#received(response, id)
    } catch (error) {
      this.#reader.forget(id)
      throw error
    }
  }

  /** Opens the stream of SSE, or ends a session. */
  async #plain(url: string | URL, init: RequestInit): Promise<Response> {
    const response = await this.#send(url, init)
    if (response.ok) return this.#stream(response, null, '')
    if (init.method === 'DELETE') return response
    const text = this.#authorization.redact(await limitedText(response, maxErrorBody, 'cut'))
    const statusText = this.#authorization.redact(response.statusText)
    this.#openingFailure = new HttpStatusError(response.status, statusText, text)
    return new Response(null, response)
  }

  /** Opens the standing stream of streamable HTTP, or resumes the stream of a request. */
  async #get(url: string | URL, init: RequestInit): Promise<Response> {
    const event = new Headers(init.headers).get('last-event-id') ?? ''
    const resumed = this.#resumed.take(event)
    let response: Response
    try {
      response = await this.#send(url, init)
    } catch (error) {
      if (this.#isEnded(null, event, resumed)) return new Response(null, { status: 405 })
      throw error
    }
    if (!response.ok) {
      if (!this.#isEnded(response.status, event, resumed)) return await this.#failed(response)
      skipBody(response)
      return new Response(null, { status: 405 })
    }
    if (resumed === null && isEventStream(response)) this.#standing.onOpened()
    return this.#stream(response, resumed, event)
  }

  /** Returns whether the client must not try to open the stream again: it stops only after the status 405. */
  #isEnded(status: number | null, event: string, resumed: ResumedStream | null): boolean {
    if (resumed === null) return this.#standing.onFailed(status)
    const canRetry = status === null || status >= 500 || status === 429
    if (canRetry && this.#resumed.put(event, resumed, refused)) return false
    this.#settle(resumed.id)
    return true
  }

  #settle(id: unknown): void {
    const messages = this.#reader.settle(id, 'its stream ended early and cannot be resumed')
    for (const message of messages) this.#listeners.onMessage(message)
  }

  async #failed(response: Response): Promise<Response> {
    const text = this.#authorization.redact(await limitedText(response, maxErrorBody, 'cut'))
    const { status, headers } = response
    const statusText = this.#authorization.redact(response.statusText)
    // The client of SSE keeps the status only in a text.
    if (this.#isSse) throw new HttpStatusError(status, statusText, text)
    return new Response(text === '' ? null : text, { status, statusText, headers })
  }

  async #received(response: Response, id: unknown): Promise<Response> {
    if (isEventStream(response)) return this.#stream(response, { id, failures: 0 }, '')
    const { status } = response
    const text = await limitedText(response, maxMessageBytes, 'fail')
    const messages = this.#messagesIn(text, id, status)
    return Response.json(messages.length === 1 ? messages[0] : messages, { headers: sessionOf(response) })
  }

  #messagesIn(text: string, id: unknown, status: number): readonly Message[] {
    if (text.trim() === '') return this.#reader.settle(id, `HTTP ${status} without a body`)
    const messages = this.#read(text, id)
    return [...messages, ...this.#reader.settle(id, `HTTP ${status} without a response to the request`)]
  }

  /** Returns the messages in a text, without tokens in their errors. Results are passed on as they are. */
  #read(text: string, only: unknown): readonly Message[] {
    const redact = (part: string): string => this.#authorization.redact(part)
    return this.#reader
      .readText(text, only)
      .map((message) => ('error' in message ? { ...message, error: redactedIn(message['error'], redact) } : message))
  }

  #stream(response: Response, request: ResumedStream | null, event: string): Response {
    const { body, status, statusText, headers } = response
    if (body === null || !isEventStream(response)) return response
    const events = request === null ? this.#events(body) : this.#eventsOf(body, request, event)
    return new Response(ReadableStream.from<Uint8Array>(events), { status, statusText, headers })
  }

  /** Yields the events of a stream that no request waits for. */
  async *#events(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    let reason = 'its stream ended'
    try {
      for await (const event of eventsOf(body)) yield encoder.encode(this.#textOf(event))
    } catch (error) {
      reason = `its stream was lost: ${messageOf(error)}`
      throw error
    } finally {
      if (this.#isSse) this.#listeners.onStreamEnd(reason)
    }
  }

  /** Yields the events of the stream of a request. At the end the request has a response, or its stream can be resumed. */
  async *#eventsOf(
    body: ReadableStream<Uint8Array>,
    request: ResumedStream,
    resumedFrom: string,
  ): AsyncGenerator<Uint8Array> {
    const openedAt = performance.now()
    let lastEvent = resumedFrom
    let hadEvent = false
    let reason = 'its stream ended without it'
    // The client forgets from which event it resumed.
    if (resumedFrom !== '') yield encoder.encode(eventText([`id: ${resumedFrom}`], ''))
    try {
      for await (const event of eventsOf(body)) {
        hadEvent = true
        if (event.id !== '') lastEvent = event.id
        yield encoder.encode(this.#textOf(event, request.id))
      }
    } catch (error) {
      reason = `its stream was lost: ${messageOf(error)}`
    }
    const ended: StreamEnd = { hadEvent, lastedMs: performance.now() - openedAt }
    if (this.#reader.isPending(request.id) && this.#resumed.put(lastEvent, request, ended)) return
    for (const message of this.#reader.settle(request.id, reason)) {
      yield encoder.encode(eventText([], JSON.stringify(message)))
    }
  }

  /** Returns the text of an event for each message in its data. The other fields stay with the first. */
  #textOf({ fields, data, isMessage }: StreamEvent, only: unknown = null): string {
    if (data === null || !isMessage) return eventText(fields, data)
    // Other texts keep the stream open.
    const messages = this.#read(data, /^\uFEFF?\s*[[{]/.test(data) ? only : null)
    // The client sees the id of an event only when the event has data.
    if (messages.length === 0) return eventText(fields, '')
    return messages.map((message, index) => eventText(index === 0 ? fields : [], JSON.stringify(message))).join('')
  }
}

/** Returns a value with each string redacted. */
function redactedIn(value: unknown, redact: WireAuthorization['redact']): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((element: unknown) => redactedIn(element, redact))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redactedIn(member, redact)]))
}

const encoder = new TextEncoder()

/** A message that a server over SSE did not accept. */
export class HttpStatusError extends Error {
  override readonly name = 'HttpStatusError'
  readonly status: number
  readonly statusText: string
  readonly text: string

  constructor(status: number, statusText: string, text: string) {
    super(`HTTP ${status}`)
    this.status = status
    this.statusText = statusText
    this.text = text
  }
}

/** The client opens the standing stream only after the status 202. */
function accepted(response: Response): Response {
  skipBody(response)
  return new Response(null, { status: 202, headers: sessionOf(response) })
}

/** Reads a body that has no meaning: its connection is used again after the end. It can be a stream that does not end. */
function skipBody({ body }: Response): void {
  body?.pipeTo(new WritableStream()).catch(() => undefined)
}

function messageIn(body: unknown): unknown {
  return typeof body === 'string' ? JSON.parse(body) : null
}

function isEventStream(response: Response): boolean {
  return /^\s*text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')
}

function sessionOf(response: Response): Record<string, string> {
  const session = response.headers.get('mcp-session-id')
  return session === null ? {} : { 'mcp-session-id': session }
}
