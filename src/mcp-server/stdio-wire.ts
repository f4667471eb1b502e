import type { Readable, Writable } from 'node:stream'
import { serializeMessage, type JSONRPCMessage } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { writeText } from '../protocol/stream-writes.ts'

/** The SDK's transport for standard streams, without a listener for each message that a slow client has not read. */
export class StdioWire extends StdioServerTransport {
  readonly #output: Writable
  #isClosed = false

  constructor(input: Readable, output: Writable) {
    super(input, output)
    this.#output = output
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) throw new Error('Cannot send a message: the connection to the client is closed')
    await writeText(this.#output, serializeMessage(message))
  }

  override async close(): Promise<void> {
    this.#isClosed = true
    await super.close()
  }
}
