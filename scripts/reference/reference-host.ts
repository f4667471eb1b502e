import { messageOf } from '../../src/errors.ts'
import type { SessionRequest } from '../../test/conformance/adapter.ts'
import { ReferenceConnection, type WireMessage } from './reference-connection.ts'
import { record, text, toolCallFromWire } from './wire.ts'

/** The responses to one request: two for an execute, one for every other request. */
type Request = {
  readonly accepted: (value: Record<string, unknown>) => void
  readonly responded: ((value: Record<string, unknown>) => void) | null
  readonly refused: (error: Error) => void
}

/** Requests and delegate calls over one connection. */
export class ReferenceHost {
  #connection: ReferenceConnection | null = null
  readonly #requests = new Map<number, Request>()
  readonly #delegateCalls = new Map<unknown, AbortController>()
  readonly #sessions = new Map<string, SessionRequest>()
  #nextId = 1
  /** The reason why the host has exited, or null while it runs. */
  endReason: string | null = null

  static async start(executable: string): Promise<ReferenceHost> {
    const host = new ReferenceHost()
    const connection = await ReferenceConnection.open(executable, (message) => host.#receive(message))
    host.#connection = connection
    void connection.ended.then((reason) => host.#lost(reason))
    return host
  }

  async openSession(sessionId: string, request: SessionRequest): Promise<void> {
    this.#sessions.set(sessionId, request)
    const { maxYieldMs, boundedOutput } = request
    await this.ask({
      method: 'session/open',
      sessionId,
      ...(boundedOutput ? { outputTruncation: 'server' } : {}),
      ...(maxYieldMs === undefined ? {} : { cellExecutionLimits: { maxYieldTimeMs: maxYieldMs } }),
    })
  }

  /** Sends a request and resolves with the value of its response. Aborting cancels it or makes it yield. */
  async ask(
    request: WireMessage,
    { signal, preempt }: { signal?: AbortSignal; preempt?: AbortSignal } = {},
  ): Promise<Record<string, unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>()
    this.#request(request, { accepted: resolve, responded: null, refused: reject }, signal, preempt)
    return await promise
  }

  /** Sends an execute request and resolves with the first response of its cell. */
  async execute(
    request: WireMessage,
    { signal, preempt }: { signal: AbortSignal; preempt: AbortSignal },
  ): Promise<Record<string, unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>()
    this.#request(request, { accepted: () => undefined, responded: resolve, refused: reject }, signal, preempt)
    return await promise
  }

  /** Kills the host, which counts as exited before its process ends. */
  kill(): void {
    this.#connection?.kill()
    this.#lost('the host of the reference was killed')
  }

  #request(request: WireMessage, handlers: Request, signal?: AbortSignal, preempt?: AbortSignal): void {
    if (this.endReason !== null) return handlers.refused(new Error(this.endReason))
    const id = this.#nextId++
    this.#requests.set(id, handlers)
    signal?.addEventListener('abort', () => this.#connection?.send({ type: 'operation/cancel', id }))
    preempt?.addEventListener('abort', () => this.#connection?.send({ type: 'operation/yield', id }))
    this.#connection?.send({ type: 'operation/request', id, request })
  }

  #receive(message: WireMessage): void {
    switch (message['type']) {
      case 'operation/response':
        return this.#answered(message)
      case 'execute/initialResponse':
        return this.#responded(message)
      case 'delegate/request':
        return void this.#delegate(message)
      case 'delegate/cancel':
        return this.#delegateCalls.get(message['id'])?.abort()
      case 'cell/closed':
        return this.#sessions.get(text(message, 'sessionId'))?.onClosed(text(message, 'cellId'))
      default:
        throw new TypeError(`Cannot read a message of the reference: ${JSON.stringify(message)}`)
    }
  }

  #answered(message: WireMessage): void {
    const id = Number(message['id'])
    const request = this.#requests.get(id)
    const result = record(message, 'result')
    if (result['status'] !== 'ok') {
      this.#requests.delete(id)
      return request?.refused(new Error(text(result, 'message')))
    }
    if (request?.responded === null) this.#requests.delete(id)
    request?.accepted(record(result, 'value'))
  }

  #responded(message: WireMessage): void {
    const id = Number(message['id'])
    const request = this.#requests.get(id)
    this.#requests.delete(id)
    const result = record(message, 'result')
    if (result['status'] === 'ok') request?.responded?.(record(result, 'value'))
    else request?.refused(new Error(text(result, 'message')))
  }

  async #delegate(message: WireMessage): Promise<void> {
    const { id } = message
    const cancel = new AbortController()
    this.#delegateCalls.set(id, cancel)
    const result = await this.#delegateResult(message, cancel.signal)
    this.#delegateCalls.delete(id)
    this.#connection?.send({ type: 'delegate/response', id, result })
  }

  async #delegateResult(message: WireMessage, signal: AbortSignal): Promise<WireMessage> {
    try {
      const session = this.#sessions.get(text(message, 'sessionId'))
      const request = record(message, 'request')
      if (request['type'] === 'tool/invoke') {
        const result = await session?.onToolCall(toolCallFromWire(record(request, 'invocation'), signal))
        return { status: 'ok', value: { type: 'tool/result', result } }
      }
      await session?.onNotify({ cellId: text(request, 'cellId'), text: text(request, 'text'), signal })
      return { status: 'ok', value: { type: 'notification/delivered' } }
    } catch (error) {
      return { status: 'error', message: error instanceof Error ? error.message : messageOf(error) }
    }
  }

  #lost(reason: string): void {
    this.endReason ??= reason
    for (const { refused } of this.#requests.values()) refused(new Error(reason))
    for (const cancel of this.#delegateCalls.values()) cancel.abort()
  }
}
