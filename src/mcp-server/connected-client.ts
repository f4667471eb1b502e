import type { Server } from '@modelcontextprotocol/server'
import { checkOptions } from '../options/check-options.ts'
import { buildServer, type ServerSource } from './build-server.ts'
import type { ClientSession } from './client-session.ts'
import { drainTimesOf, type DrainOptions } from './drain-options.ts'

/** A connected client. Disposing it terminates its cells, except those of a stored session. */
export interface McpClientConnection extends AsyncDisposable {
  /** Whether the client is disposed, or its drain has closed its session. */
  readonly isClosed: boolean
  /**
   * Disposes the client when its calls have ended, or when the time is over. Before that, programs of a stored session yield: the client
   * receives the ids of their cells, which resume in the next process that opens the session. Close its connection afterwards.
   *
   * @throws {CodecellError} `INVALID_OPTION` when a time is invalid
   */
  drain(options?: DrainOptions): Promise<void>
  /** Creates a server of the MCP SDK: for a connection of this client, or for one request when it is not `lasting`. */
  build(options?: { readonly lasting?: boolean }): Server
}

type ConnectedClientParts = {
  readonly source: ServerSource
  /** Called with each server of a lasting connection. */
  readonly onServer: (server: Server) => void
  readonly onEnd: () => void
}

/** A connected client, with its session. */
export class ConnectedClient implements McpClientConnection {
  readonly client: ClientSession
  readonly #parts: ConnectedClientParts

  constructor(client: ClientSession, parts: ConnectedClientParts) {
    this.client = client
    this.#parts = parts
  }

  build(options: { readonly lasting?: boolean } = {}): Server {
    checkOptions('build', options, { lasting: 'boolean' })
    const server = buildServer(this.#parts.source)
    if (options.lasting !== false) this.#parts.onServer(server)
    return server
  }

  get isClosed(): boolean {
    return this.client.isClosed
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    await this.client.drain(drainTimesOf(options))
    this.#parts.onEnd()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.onEnd()
    await this.client[Symbol.asyncDispose]()
  }
}
