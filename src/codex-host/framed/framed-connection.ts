import type { Readable, Writable } from 'node:stream'
import { CodecellError } from '../../errors.ts'
import type { HostPool } from '../../session/api/host-pool.ts'
import { FramedDelegate } from './framed-delegate.ts'
import { parseClientMessage, parseHello, type ClientMessage } from './framed-messages.ts'
import { FramedOperations } from './framed-operations.ts'
import { encodeJsonFrame, JsonFrameReader, type Frame } from './json-frame.ts'
import type { MessageId } from './wire-object.ts'

const protocolVersion = 1
const capabilities = [
  'bounded-output-v1',
  'delegate-capacity-4096',
  'session-cell-execution-resource-limits',
  'tool-catalog-revision-v1',
  'yield-observation',
]

/** Maximum number of finished request ids that are remembered, to detect their reuse. */
const rememberedIds = 4096

/** Maximum size of unread output before the connection is closed, in bytes. */
const maxUnreadBytes = 256 * 1024 * 1024

type Phase = 'hello' | 'open' | 'over'

type FramedStreams = {
  readonly input: Readable
  readonly output: Writable
  readonly hosts: HostPool
  readonly onIgnoredMessage: (reason: string) => void
}

/** One client of the framed protocol: a length and JSON in both directions. */
export class FramedConnection {
  readonly #streams: FramedStreams
  readonly #reader = new JsonFrameReader()
  readonly #delegate = new FramedDelegate((message) => this.#send(message))
  readonly #operations: FramedOperations
  readonly #ids = new Set<MessageId>()
  readonly #ended = Promise.withResolvers<void>()
  #phase: Phase = 'hello'

  private constructor(streams: FramedStreams) {
    this.#streams = streams
    const { hosts } = streams
    this.#operations = new FramedOperations({ hosts, delegate: this.#delegate, send: (message) => this.#send(message) })
  }

  /**
   * Serves one client until its input ends, or until it is refused.
   *
   * @throws {CodecellError} `PROTOCOL_VIOLATION` or `FRAME_TOO_LARGE` for a malformed hello, an impossible frame length
   *   or an input that ends within a frame
   */
  static async serve(streams: FramedStreams): Promise<void> {
    const connection = new FramedConnection(streams)
    const { input, output } = streams
    input.on('data', (chunk: Buffer) => connection.#guarded(() => connection.#receive(chunk)))
    input.on('end', () => connection.#guarded(() => connection.#inputEnded()))
    input.on('close', () => connection.#end())
    input.on('error', () => connection.#end())
    output.on('error', () => connection.#end())
    try {
      await connection.#ended.promise
    } finally {
      input.removeAllListeners('data')
      connection.#operations.closeSessions()
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
    for (const frame of this.#reader.push(chunk)) {
      if (this.#phase === 'over') return
      if (this.#phase === 'hello') this.#onHello(frame)
      else this.#onMessage(parseClientMessage(frame))
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

  /** A malformed hello ends the connection: there are no sessions yet. */
  #onHello(frame: Frame): void {
    if (frame.type === 'malformed') throw new CodecellError('PROTOCOL_VIOLATION', frame.reason)
    const hello = parseHello(frame.value)
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
      case 'request':
        if (this.#isNew(message.id)) void this.#operations.start(message.id, message.request)
        return
      case 'cancel':
        return this.#operations.cancel(message.id)
      case 'yield':
        return this.#operations.preempt(message.id)
      case 'response':
        return this.#delegate.settle(message.id, message.response)
      case 'malformed':
        if (message.id === null) return this.#streams.onIgnoredMessage(message.reason)
        if (this.#isNew(message.id)) this.#operations.fail(message.id, message.reason)
        return
      default:
        return message satisfies never
    }
  }

  /**
   * Returns whether a request may use this id, and refuses it otherwise. An error with the id of a pending request would
   * be taken as the response to that one, so such a request is ignored.
   */
  #isNew(id: MessageId): boolean {
    const reason = `duplicate code-mode request ID RequestId(${id})`
    if (this.#operations.isPending(id)) {
      this.#streams.onIgnoredMessage(reason)
      return false
    }
    if (this.#ids.has(id)) {
      this.#operations.fail(id, reason)
      return false
    }
    this.#ids.add(id)
    const [oldest] = this.#ids
    if (this.#ids.size > rememberedIds && oldest !== undefined) this.#ids.delete(oldest)
    return true
  }

  #send(message: object): void {
    if (this.#phase === 'over') return
    const { output } = this.#streams
    output.write(encodeJsonFrame(message))
    if (output.writableLength > maxUnreadBytes) {
      this.#phase = 'over'
      this.#ended.reject(new CodecellError('PROTOCOL_VIOLATION', 'the client does not read what it is sent'))
    }
  }
}
