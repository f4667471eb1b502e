import type { Readable, Writable } from 'node:stream'
import { serializeMessage, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/server'
import { messageOf } from '../../errors.ts'
import { writeText } from '../../protocol/stream-writes.ts'
import { checkMessage, parseErrorResponse, type ErrorResponse } from '../check-message.ts'

/** Maximum length of a line of the client, in bytes. */
const maxLineBytes = 64 * 2 ** 20

/**
 * The messages of a client on standard streams. The transport of the SDK is not used: it adds a listener for each message that a slow
 * client has not read, and drops requests that are not valid.
 */
export class StdioWire implements Transport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: ((message: JSONRPCMessage) => void) | undefined
  readonly #input: Readable
  readonly #output: Writable
  #chunks: Buffer[] = []
  #size = 0
  #isClosed = false

  constructor(input: Readable, output: Writable) {
    this.#input = input
    this.#output = output
  }

  start(): Promise<void> {
    this.#input.on('data', this.#onData).on('error', this.#onError)
    this.#input.on('end', this.#onEnd).on('close', this.#onEnd)
    // Stays after the end: a late write can fail.
    this.#output.on('error', this.#onOutputError)
    if (this.#input.readableEnded || this.#input.destroyed) setImmediate(this.#onEnd)
    return Promise.resolve()
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) throw new Error('Cannot send a message: the connection to the client is closed')
    await writeText(this.#output, serializeMessage(message))
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#input.off('data', this.#onData).off('error', this.#onError)
      this.#input.off('end', this.#onEnd).off('close', this.#onEnd)
      // A stream that flows keeps the process running.
      if (this.#input.listenerCount('data') === 0) this.#input.pause()
      this.#chunks = []
      this.onclose?.()
    }
    return Promise.resolve()
  }

  readonly #onData = (chunk: Buffer): void => {
    let rest = chunk
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      const line = Buffer.concat([...this.#chunks, rest.subarray(0, end)])
      rest = rest.subarray(end + 1)
      this.#chunks = []
      this.#size = 0
      this.#receive(utf8.decode(line))
      if (this.#isClosed) return
    }
    this.#chunks.push(rest)
    this.#size += rest.length
    if (this.#size <= maxLineBytes) return
    this.onerror?.(new RangeError(`a message of the client exceeds ${maxLineBytes} bytes`))
    void this.close()
  }

  readonly #onError = (error: Error): void => this.onerror?.(error)

  readonly #onEnd = (): void => void this.close()

  readonly #onOutputError = (error: Error): void => {
    if (this.#isClosed) return
    this.onerror?.(error)
    void this.close()
  }

  #receive(line: string): void {
    if (line.trim() === '') return
    const value = jsonIn(line)
    if (value === undefined) return this.#refuse(parseErrorResponse())
    const checked = checkMessage(value)
    switch (checked.type) {
      case 'valid':
        return this.onmessage?.(checked.message)
      case 'refused':
        return this.#refuse(checked.response)
      case 'ignored':
        return this.onerror?.(new Error(checked.reason))
      default:
        return checked satisfies never
    }
  }

  /** The types of the SDK do not have the id null, which JSON-RPC has for messages without a usable id. */
  #refuse(response: ErrorResponse): void {
    this.onerror?.(new Error(`Refused a message of the client: ${response.error.message}`))
    writeText(this.#output, `${JSON.stringify(response)}\n`).catch((error: unknown) =>
      this.onerror?.(new Error(messageOf(error))),
    )
  }
}

/** Removes a byte order mark, which shells of Windows write. */
const utf8 = new TextDecoder()

function jsonIn(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line)
    return value
  } catch {
    return undefined
  }
}
