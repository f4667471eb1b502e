import { duplexPair, type Duplex } from 'node:stream'
import { serveCodexHost, type CodexHostOptions } from '../../src/codex-host.ts'
import type { HostPool } from '../../src/index.ts'

export type Message = Readonly<Record<string, unknown>>

/** A client of the framed protocol. */
export class FramedClient {
  readonly #stream: Duplex
  readonly #messages: Message[] = []
  /** The position of each message among all that arrived. */
  readonly arrivals: WeakMap<Message, number> = new WeakMap<Message, number>()
  #arrived = 0
  #pending: Buffer = Buffer.alloc(0)
  #wakes: (() => void)[] = []
  /** Called with the JSON of each message. */
  onText: (text: string) => void = () => undefined

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    stream.on('error', () => undefined)
  }

  /** A client with a host that runs in this process. */
  static connect(
    hosts: HostPool,
    options: Omit<CodexHostOptions, 'hosts'> = {},
  ): { client: FramedClient; ended: Promise<void> } {
    const [ours, theirs] = duplexPair()
    const ended = serveCodexHost({ input: theirs, output: theirs }, 'framed', { hosts, ...options })
    return { client: new FramedClient(ours), ended }
  }

  send(message: object): void {
    this.sendText(JSON.stringify(message))
  }

  sendText(json: string): void {
    this.sendFrame(Buffer.from(json))
  }

  /** Sends a frame with any content. */
  sendFrame(body: Uint8Array): void {
    const head = Buffer.alloc(4)
    head.writeUInt32LE(body.length)
    this.sendBytes(Buffer.concat([head, body]))
  }

  sendBytes(bytes: Buffer): void {
    this.#stream.write(bytes)
  }

  end(): void {
    this.#stream.end()
  }

  #receive(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= 4 && this.#pending.length >= 4 + this.#pending.readUInt32LE()) {
      const end = 4 + this.#pending.readUInt32LE()
      const text = this.#pending.toString('utf8', 4, end)
      this.onText(text)
      const message = withoutTimes(text)
      this.#messages.push(message)
      this.arrivals.set(message, this.#arrived++)
      this.#pending = this.#pending.subarray(end)
    }
    for (const wake of this.#wakes.splice(0)) wake()
  }

  /** Takes the next message that matches, whenever it arrives. */
  async take(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const index = this.#messages.findIndex(fits)
      const [found] = index === -1 ? [] : this.#messages.splice(index, 1)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        this.#wakes.push(resolve)
      })
    }
  }

  /** Returns the next message. */
  async next(): Promise<Message> {
    return await this.take(() => true)
  }

  /** Returns the next messages, in order. */
  async nextOnes(count: number): Promise<readonly Message[]> {
    const messages: Message[] = []
    while (messages.length < count) messages.push(await this.next())
    return messages
  }

  /** Messages that arrived and were not taken. */
  get rest(): readonly Message[] {
    return this.#messages
  }

  /** Performs the handshake and opens session `s1`. */
  async open(options: object = {}): Promise<void> {
    this.send(hello)
    await this.next()
    this.send({ type: 'operation/request', id: 1, request: { method: 'session/open', sessionId: 's1', ...options } })
    await this.next()
  }

  execute(id: number, source: string, options: object = {}): void {
    const request = { tool_call_id: `call-${id}`, enabled_tools: [echo], source, yield_time_ms: 20_000, ...options }
    this.send({ type: 'operation/request', id, request: { method: 'session/execute', sessionId: 's1', request } })
  }

  ask(id: number, method: string, request: object): void {
    this.send({ type: 'operation/request', id, request: { method, sessionId: 's1', ...request } })
  }
}

export const hello: object = {
  type: 'connection/hello',
  supportedVersions: [1],
  requiredCapabilities: [],
  optionalCapabilities: ['yield-observation'],
}

export const echo: object = tool('echo')

export function tool(name: string, namespace: string | null = null): object {
  const full = namespace === null ? name : `${namespace}__${name}`
  return { name: full, tool_name: { name, namespace }, description: `Tool ${name}.`, kind: 'function' }
}

/** Sets measured times to zero, so that whole messages can be compared. */
export function withoutTimes(json: string): Message {
  const parsed: unknown = JSON.parse(json, (key, value: unknown) => (key.endsWith('_ns') ? 0 : value))
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
}

/** Returns the response to an execute that ended by itself. */
export function result(id: number, cellId: string, texts: readonly string[], errorText: string | null = null): Message {
  return {
    type: 'execute/initialResponse',
    id,
    result: {
      status: 'ok',
      value: {
        Result: {
          cell_id: cellId,
          content_items: texts.map((text) => ({ type: 'input_text', text })),
          error_text: errorText,
          result_buffered_for_ns: 0,
          code_mode_host_duration_ns: 0,
        },
      },
    },
  }
}
