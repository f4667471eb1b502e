import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { isRecord } from '../../src/protocol/json.ts'

export type WireMessage = Record<string, unknown>

/** The reference's host as a process, and its frames: a little-endian 32-bit length and that many bytes of JSON. */
export class ReferenceWire {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #receive: (message: WireMessage) => void
  readonly #lost = Promise.withResolvers<string>()
  #chunks: Buffer[] = []
  #length = 0

  constructor(executable: string, receive: (message: WireMessage) => void) {
    this.#receive = receive
    this.#child = spawn(executable, [], { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#child.on('error', (error) => this.#lost.resolve(error.message))
    this.#child.on('exit', (code, signal) => this.#lost.resolve(`the host ended with ${signal ?? `status ${code}`}`))
    this.#child.stdout.on('data', (chunk: Buffer) => this.#read(chunk))
    // A host that is gone is noticed by its exit.
    this.#child.stdin.on('error', () => undefined)
    this.send({ type: 'connection/hello', supportedVersions: [1], requiredCapabilities: [], optionalCapabilities: [] })
  }

  /** Resolves once, with the reason, when the host is gone. */
  get lost(): Promise<string> {
    return this.#lost.promise
  }

  send(message: WireMessage): void {
    const json = Buffer.from(JSON.stringify(message))
    const length = Buffer.alloc(4)
    length.writeUInt32LE(json.length)
    this.#child.stdin.write(length)
    this.#child.stdin.write(json)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #read(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    // Joined only when a whole frame is there, so that a long one is not copied again and again.
    while (this.#length >= 4 && this.#length >= this.#frameLength()) {
      const end = this.#frameLength()
      const joined = Buffer.concat(this.#chunks)
      this.#chunks = [joined.subarray(end)]
      this.#length -= end
      const message: unknown = JSON.parse(joined.toString('utf8', 4, end))
      if (isRecord(message)) this.#receive(message)
    }
  }

  #frameLength(): number {
    let [first = Buffer.alloc(0)] = this.#chunks
    if (first.length < 4) {
      first = Buffer.concat(this.#chunks)
      this.#chunks = [first]
    }
    return 4 + first.readUInt32LE(0)
  }
}
