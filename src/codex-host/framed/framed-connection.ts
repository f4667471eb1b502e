import type { Readable, Writable } from 'node:stream'
import { CodecellError, messageOf } from '../../errors.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { HostPool } from '../../session/api/host-pool.ts'
import type { CodexResponse } from '../session/response.ts'
import { FramedDelegate } from './framed-delegate.ts'
import { parseClientMessage, parseHello, type ClientMessage, type SessionRequest } from './framed-messages.ts'
import { HostedSession, unknownSession } from '../session/hosted-session.ts'
import { encodeJsonFrame, JsonFrameReader } from './json-frame.ts'

const protocolVersion = 1
const capabilities = [
  'bounded-output-v1',
  'delegate-capacity-4096',
  'session-cell-execution-resource-limits',
  'yield-observation',
]

/** Maximum number of finished request ids that are remembered, to detect their reuse. */
const rememberedIds = 4096

/** Maximum size of unread output before the connection is closed, in bytes. */
const maxUnreadBytes = 256 * 1024 * 1024

type Phase = 'hello' | 'open' | 'over'

/** A pending execute or wait. */
type Operation = { readonly cancel: AbortController; readonly preempt: AbortController; readonly canCancel: boolean }

/** One client of the framed protocol: a length and JSON in both directions. */
export class FramedConnection {
  readonly #output: Writable
  readonly #hosts: HostPool
  readonly #reader = new JsonFrameReader()
  readonly #delegate = new FramedDelegate((message) => this.#send(message))
  readonly #sessions = new Map<string, Promise<HostedSession> | 'closed'>()
  readonly #operations = new Map<number, Operation>()
  readonly #ids = new Set<number>()
  readonly #ended = Promise.withResolvers<void>()
  #phase: Phase = 'hello'

  private constructor(output: Writable, hosts: HostPool) {
    this.#output = output
    this.#hosts = hosts
  }

  /**
   * Serves one client until its input ends, or until it is refused.
   *
   * @throws {CodecellError} `PROTOCOL_VIOLATION` or `FRAME_TOO_LARGE` for a client that breaks the protocol
   */
  static async serve(streams: { input: Readable; output: Writable; hosts: HostPool }): Promise<void> {
    const connection = new FramedConnection(streams.output, streams.hosts)
    const { input } = streams
    input.on('data', (chunk: Buffer) => connection.#guarded(() => connection.#receive(chunk)))
    input.on('end', () => connection.#guarded(() => connection.#inputEnded()))
    input.on('error', () => connection.#end())
    streams.output.on('error', () => connection.#end())
    try {
      await connection.#ended.promise
    } finally {
      input.removeAllListeners('data')
      connection.#closeSessions()
    }
  }

  /** Closes sessions in the background: the owner of the hosts ends them. */
  #closeSessions(): void {
    for (const session of this.#sessions.values()) {
      if (session !== 'closed') void session.then((open) => open.close()).catch(() => undefined)
    }
  }

  #guarded(work: () => void): void {
    try {
      if (this.#phase !== 'over') work()
    } catch (error) {
      this.#phase = 'over'
      this.#ended.reject(error)
    }
  }

  #receive(chunk: Buffer): void {
    for (const value of this.#reader.push(chunk)) {
      if (this.#phase === 'over') return
      if (this.#phase === 'hello') this.#hello(value)
      else this.#onMessage(parseClientMessage(value))
    }
  }

  #inputEnded(): void {
    if (!this.#reader.atBoundary) throw new CodecellError('PROTOCOL_VIOLATION', 'early eof')
    this.#end()
  }

  #end(): void {
    this.#phase = 'over'
    this.#ended.resolve()
  }

  #hello(value: unknown): void {
    const hello = parseHello(value)
    if (hello === null) {
      return this.#reject({ type: 'invalidHello', message: 'first message must be connection/hello' })
    }
    if (!hello.supportedVersions.includes(protocolVersion)) {
      return this.#reject({ type: 'noCompatibleVersion', supportedVersions: [protocolVersion] })
    }
    const missing = hello.requiredCapabilities.find((name) => !capabilities.includes(name))
    if (missing !== undefined) return this.#reject({ type: 'missingRequiredCapability', capability: missing })
    const wanted = new Set([...hello.requiredCapabilities, ...hello.optionalCapabilities])
    const agreed = capabilities.filter((name) => wanted.has(name))
    this.#phase = 'open'
    this.#send({ type: 'connection/ready', selectedVersion: protocolVersion, capabilities: agreed })
  }

  #reject(reason: object): void {
    this.#send({ type: 'connection/rejected', reason })
    this.#end()
  }

  #onMessage(message: ClientMessage): void {
    switch (message.type) {
      case 'hello':
        throw new CodecellError('PROTOCOL_VIOLATION', 'received a second code-mode client hello')
      case 'request':
        this.#remember(message.id)
        return void this.#request(message.id, message.request)
      case 'cancel': {
        const operation = this.#operations.get(message.id)
        // A started cell keeps running, and so does its first observation.
        if (operation?.canCancel === true) operation.cancel.abort(cancelled())
        return
      }
      case 'yield':
        return this.#operations.get(message.id)?.preempt.abort()
      case 'response':
        return this.#delegate.settle(message.id, message.response)
      default:
        return message satisfies never
    }
  }

  #remember(id: number): void {
    if (this.#ids.has(id)) {
      throw new CodecellError('PROTOCOL_VIOLATION', `duplicate code-mode request ID RequestId(${id})`)
    }
    this.#ids.add(id)
    const [oldest] = this.#ids
    if (this.#ids.size > rememberedIds && oldest !== undefined) this.#ids.delete(oldest)
  }

  async #request(id: number, request: SessionRequest): Promise<void> {
    try {
      switch (request.type) {
        case 'open':
          return await this.#open(id, request)
        case 'shutdown':
          return await this.#shutdown(id, request.sessionId)
        case 'execute':
        case 'wait':
        case 'terminate':
          return await this.#operate(id, request)
        default:
          return request satisfies never
      }
    } catch (error) {
      this.#send({ type: 'operation/response', id, result: { status: 'error', message: messageOf(error) } })
    }
  }

  async #open(id: number, request: Extract<SessionRequest, { type: 'open' }>): Promise<void> {
    const { sessionId, truncation, maxYieldTimeMs, maxHeapSizeBytes } = request
    const known = this.#sessions.get(sessionId)
    if (known !== undefined) {
      const state = known === 'closed' ? 'was reused' : 'is already open'
      throw new CodecellError('INVALID_OPTION', `code-mode session ID \`${sessionId}\` ${state}`)
    }
    const delegate = this.#delegate.of(sessionId)
    const session = HostedSession.open({
      hosts: this.#hosts,
      delegate,
      truncation,
      maxYieldTimeMs,
      maxHeapSizeBytes,
    })
    this.#sessions.set(sessionId, session)
    await session
    this.#respond(id, { type: 'session/ready', sessionId })
  }

  /** Returns the session once it is open: a client need not wait for that. */
  async #session(sessionId: string): Promise<HostedSession> {
    const session = this.#sessions.get(sessionId)
    if (session === undefined || session === 'closed') throw unknownSession(sessionId)
    return await session
  }

  async #shutdown(id: number, sessionId: string): Promise<void> {
    const session = this.#session(sessionId)
    if (this.#sessions.has(sessionId)) this.#sessions.set(sessionId, 'closed')
    await (await session).close()
    this.#respond(id, { type: 'session/closed', sessionId })
  }

  async #operate(
    id: number,
    request: Extract<SessionRequest, { type: 'execute' | 'wait' | 'terminate' }>,
  ): Promise<void> {
    const cancel = new AbortController()
    const preempt = new AbortController()
    // Before the first await: the client may cancel in its next message.
    this.#operations.set(id, { cancel, preempt, canCancel: request.type === 'wait' })
    const respond = (response: CodexResponse): void => {
      const form = response.isMissing ? 'MissingCell' : 'LiveCell'
      this.#respond(id, { type: 'wait/completed', outcome: { [form]: responseOf(response) } })
    }
    try {
      const session = await this.#session(request.sessionId)
      if (request.type === 'terminate') return await session.terminate(request.request, respond)
      if (request.type === 'wait') {
        return await session.wait(request.request, {
          signal: cancel.signal,
          preempt: preempt.signal,
          onResponse: respond,
        })
      }
      await session.execute(request.request, {
        preempt: preempt.signal,
        onStarted: (cellId) => this.#respond(id, { type: 'execution/started', cellId }),
        onResponse: (response) => this.#respond(id, responseOf(response), 'execute/initialResponse'),
      })
    } finally {
      this.#operations.delete(id)
    }
  }

  #respond(
    id: number,
    value: object,
    type: 'operation/response' | 'execute/initialResponse' = 'operation/response',
  ): void {
    try {
      this.#send({ type, id, result: { status: 'ok', value } })
    } catch (error) {
      const what = type === 'operation/response' ? 'host' : 'initial'
      const message = `code-mode ${what} response exceeds the IPC frame limit: ${messageOf(error)}`
      this.#send({ type, id, result: { status: 'error', message } })
    }
  }

  #send(message: object): void {
    if (this.#phase === 'over') return
    this.#output.write(encodeJsonFrame(message))
    if (this.#output.writableLength > maxUnreadBytes) {
      this.#ended.reject(new CodecellError('PROTOCOL_VIOLATION', 'the client does not read what it is sent'))
    }
  }
}

function responseOf({ type, cellId, items, errorText, durationNs }: CodexResponse): object {
  const body = { cell_id: cellId, content_items: items satisfies readonly ContentItem[] }
  if (type === 'yielded') return { Yielded: { ...body, code_mode_host_duration_ns: durationNs } }
  if (type === 'terminated') return { Terminated: { ...body, code_mode_host_duration_ns: durationNs } }
  const timing = { result_buffered_for_ns: 0, code_mode_host_duration_ns: durationNs }
  return { Result: { ...body, error_text: errorText, ...timing } }
}

function cancelled(): CodecellError {
  return new CodecellError('SESSION_CLOSED', 'code-mode request cancelled')
}
