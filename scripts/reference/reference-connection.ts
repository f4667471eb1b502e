import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { isRecord } from '../../src/protocol/json.ts'

/** One message of the framed protocol: an object with a `type`. */
export type WireMessage = Record<string, unknown>

const capabilities = [
  'bounded-output-v1',
  'delegate-capacity-4096',
  'session-cell-execution-resource-limits',
  'yield-observation',
]

/** Timeout of the first response, in milliseconds. */
const handshakeMs = 10_000

/** A running host of the reference. A frame is a little-endian 32-bit length and that many bytes of JSON. */
export class ReferenceConnection {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #receive: (message: WireMessage) => void
  readonly #ready = Promise.withResolvers<void>()
  #chunks: Buffer[] = []
  /** The number of bytes that complete the current frame. */
  #missing = 4
  #errorText = ''
  /** Resolves with the reason when the host has exited. */
  readonly ended: Promise<string>

  private constructor(executable: string, receive: (message: WireMessage) => void) {
    this.#receive = receive
    this.#child = spawn(executable, [], { stdio: ['pipe', 'pipe', 'pipe'] })
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ended = promise
    this.#child.on('error', (error) => resolve(error.message))
    this.#child.on('close', (code, signal) => resolve(this.#describeEnd(code, signal)))
    this.#child.stdout.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#child.stderr.on('data', (chunk: Buffer) => {
      if (this.#errorText.length < 4000) this.#errorText += chunk.toString()
    })
    // The `exit` event reports a host that has exited.
    this.#child.stdin.on('error', () => undefined)
  }

  /** Starts a host and performs the handshake. `receive` is called with every later message, in order. */
  static async open(executable: string, receive: (message: WireMessage) => void): Promise<ReferenceConnection> {
    const connection = new ReferenceConnection(executable, receive)
    const hello = {
      type: 'connection/hello',
      supportedVersions: [1],
      requiredCapabilities: [],
      optionalCapabilities: capabilities,
    }
    connection.send(hello)
    const timer = setTimeout(() => connection.kill(), handshakeMs)
    const reason = await Promise.race([connection.#ready.promise, connection.ended])
    clearTimeout(timer)
    if (reason !== undefined) throw new Error(`Cannot start the reference: ${reason}`)
    return connection
  }

  send(message: WireMessage): void {
    const json = Buffer.from(JSON.stringify(message))
    const length = Buffer.alloc(4)
    length.writeUInt32LE(json.length)
    this.#child.stdin.write(Buffer.concat([length, json]))
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #read(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#missing -= chunk.length
    if (this.#missing > 0) return
    let pending: Buffer = Buffer.concat(this.#chunks)
    for (;;) {
      const end = pending.length < 4 ? 4 : 4 + pending.readUInt32LE(0)
      this.#chunks = [pending]
      this.#missing = end - pending.length
      if (this.#missing > 0) return
      const message: unknown = JSON.parse(pending.toString('utf8', 4, end))
      pending = pending.subarray(end)
      if (!isRecord(message)) throw new TypeError('Cannot read a frame of the reference: expected a JSON object')
      if (message['type'] === 'connection/ready') this.#ready.resolve()
      else this.#receive(message)
    }
  }

  #describeEnd(code: number | null, signal: string | null): string {
    const lines = this.#errorText.split('\n').filter((line) => line.trim() !== '')
    const detail = lines.slice(0, 3).map((line) => line.trim())
    return [`the host of the reference ended with ${signal ?? `status ${code}`}`, ...detail].join(' / ')
  }
}
