import { messageOf } from '../../../errors.ts'
import { eventsOf, eventText, type StreamEvent } from './event-stream.ts'
import { HttpFetch } from './http-fetch.ts'
import { maxMessageBytes, WireReader } from './wire-reader.ts'

/** Maximum length of the body of a failed response, in bytes. */
const maxErrorBody = 65_536

type Message = Readonly<Record<string, unknown>>

export type WireListeners = {
  /** The stream of SSE has ended. */
  readonly onStreamEnd: () => void
  /** Receives an error response for a request whose response cannot come. */
  readonly onMessage: (message: Message) => void
}

/** The HTTP requests of a connection, whose responses go through a reader. */
export class HttpWire implements Disposable {
  readonly #http = new HttpFetch()
  readonly #reader = new WireReader()
  /** The requests whose stream ended early, by the last event of the stream, from which the client resumes it. */
  readonly #resumed = new Map<string, unknown>()
  readonly #isSse: boolean
  readonly #listeners: WireListeners

  /** `isSse`: the responses come on one stream. */
  constructor(isSse: boolean, listeners: WireListeners) {
    this.#isSse = isSse
    this.#listeners = listeners
  }

  /** Has the interface of `fetch`. */
  readonly fetch = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const id = this.#reader.sent(messageIn(init.body))
    try {
      const response = await this.#http.fetch(url, init)
      if (!response.ok) return await this.#failed(response, id, init)
      if (init.method !== 'POST') return this.#stream(response, this.#takeResumed(init))
      if (this.#isSse || id === null) return response
      return await this.#received(response, id)
    } catch (error) {
      this.#reader.forget(id)
      throw error
    }
  }

  /** Settles the requests whose streams cannot be resumed. */
  settleResumed(): void {
    for (const id of this.#resumed.values()) this.#settle(id)
    this.#resumed.clear()
  }

  #settle(id: unknown): void {
    const messages = this.#reader.settle(id, 'its stream ended early and cannot be resumed')
    for (const message of messages) this.#listeners.onMessage(message)
  }

  #takeResumed({ headers }: RequestInit): unknown {
    const event = new Headers(headers).get('last-event-id') ?? ''
    const id = this.#resumed.get(event) ?? null
    this.#resumed.delete(event)
    return id
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]()
  }

  async #failed(response: Response, id: unknown, init: RequestInit): Promise<Response> {
    const { method } = init
    this.#reader.forget(id)
    // The client does not resume a stream again after this status.
    if (method !== 'POST' && response.status < 500) this.#settle(this.#takeResumed(init))
    const text = await limitedText(response, maxErrorBody, 'cut')
    if (this.#isSse && method === 'POST') throw new HttpStatusError(response.status, response.statusText, text)
    const { status, statusText, headers } = response
    return new Response(text === '' ? null : text, { status, statusText, headers })
  }

  async #received(response: Response, id: unknown): Promise<Response> {
    if (isEventStream(response)) return this.#stream(response, id)
    const { status } = response
    const text = await limitedText(response, maxMessageBytes, 'fail')
    const messages = this.#messagesIn(text, id, status)
    return Response.json(messages.length === 1 ? messages[0] : messages, { headers: sessionOf(response) })
  }

  #messagesIn(text: string, id: unknown, status: number): readonly Message[] {
    if (text === '') return this.#reader.settle(id, `HTTP ${status} without a body`)
    try {
      const messages = this.#reader.read(JSON.parse(text), id)
      return [...messages, ...this.#reader.settle(id, `HTTP ${status} without a response to the request`)]
    } catch {
      return this.#reader.settle(id, `expected JSON, got ${JSON.stringify(text.slice(0, 200))}`)
    }
  }

  #stream(response: Response, id: unknown): Response {
    const { body, status, statusText, headers } = response
    if (body === null || !isEventStream(response)) return response
    return new Response(ReadableStream.from<Uint8Array>(this.#events(body, id)), { status, statusText, headers })
  }

  async *#events(body: ReadableStream<Uint8Array>, id: unknown): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder()
    let lastEvent = ''
    let failure: unknown = null
    try {
      for await (const event of eventsOf(body)) {
        if (event.id !== '') lastEvent = event.id
        yield encoder.encode(this.#textOf(event))
      }
    } catch (error) {
      failure = error
    }
    if (id === null) {
      if (this.#isSse) this.#listeners.onStreamEnd()
      if (failure !== null) throw failure
      return
    }
    if (lastEvent !== '' && this.#reader.isPending(id)) {
      this.#resumed.set(lastEvent, id)
      return
    }
    const reason = failure === null ? 'its stream ended without it' : `its stream was lost: ${messageOf(failure)}`
    for (const message of this.#reader.settle(id, reason)) yield encoder.encode(eventText([], JSON.stringify(message)))
  }

  /** Returns the text of an event for each message in its data. The other fields stay with the first. */
  #textOf({ fields, data, isMessage }: StreamEvent): string {
    if (data === null || !isMessage) return eventText(fields, data)
    const messages = this.#read(data)
    // The client sees the id of an event only when the event has data.
    if (messages.length === 0) return eventText(fields, '')
    return messages.map((message, index) => eventText(index === 0 ? fields : [], JSON.stringify(message))).join('')
  }

  #read(data: string): readonly Message[] {
    try {
      return this.#reader.read(JSON.parse(data))
    } catch {
      // Data that is not JSON is not a message.
      return []
    }
  }
}

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

/** Returns the text of a response. A longer one is cut, or an error. */
async function limitedText(response: Response, maxBytes: number, ifLonger: 'cut' | 'fail'): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    chunks.push(chunk)
    if (size <= maxBytes) continue
    if (ifLonger === 'cut') break
    throw new RangeError(`the response exceeds ${maxBytes} bytes`)
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8')
}
