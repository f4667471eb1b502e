import { Duplex, type Readable, type Writable } from 'node:stream'

/**
 * The two streams of a client as one, for an HTTP/2 session. The end of the input and a broken output do not reach the
 * session: it would end its side while it still has calls to reset, and Node fails an assertion then. They are reported
 * instead, after the session has read all input, and the owner ends the session.
 */
export class ClientStream extends Duplex {
  readonly #input: Readable
  readonly #output: Writable
  readonly #onGone: () => void
  #hasEnded = false
  #isGone = false

  constructor(input: Readable, output: Writable, onGone: () => void) {
    super({ allowHalfOpen: true })
    this.#input = input
    this.#output = output
    this.#onGone = onGone
    input.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) input.pause()
    })
    input.pause()
    input.on('end', () => this.#ended())
    input.on('close', () => this.#ended())
    input.on('error', () => this.#gone())
    output.on('error', () => this.#gone())
    output.on('close', () => this.#gone())
  }

  #ended(): void {
    this.#hasEnded = true
    if (this.readableLength === 0) this.#gone()
  }

  #gone(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#onGone()
  }

  override _read(): void {
    if (this.#hasEnded) this.#gone()
    else this.#input.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    if (this.#isGone) callback()
    // An error of the output is reported by its event.
    else this.#output.write(chunk, () => callback())
  }

  override _final(callback: () => void): void {
    callback()
  }
}
