import { setTimeout as delay } from 'node:timers/promises'
import {
  Client,
  parseJSONRPCMessage,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type JsonSchemaValidator,
  type jsonSchemaValidator,
  type StreamableHTTPClientTransportOptions,
  type Transport,
} from '@modelcontextprotocol/client'
import { packageVersion } from '../../installation/package-version.ts'
import { isRecord } from '../../protocol/json.ts'
import type { ToolCallContext } from '../../tools/tool.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import { unusableValue, UnusableValue } from './config/unusable-value.ts'
import { listMcpTools, type ListedTool, type ToolListing } from './mcp-tool-list.ts'
import { StdioServer } from './stdio-server.ts'
import { HttpWire, type WireAuthorization } from './wire/http-wire.ts'
import { receivedResult } from './wire/wire-reader.ts'

/** Timeout for closing a connection in milliseconds. Killing a process takes longer. */
const endMs = 2000

/** Timeout for the end of an HTTP session, in milliseconds. */
const releaseMs = 500

/** Time within which several changes count as one, in milliseconds. */
const changeQuietMs = 50

const listChanged = 'notifications/tools/list_changed'

export type LinkListeners = {
  /** The server exited or closed the connection. Not called for a link that this process closes. */
  readonly onLost: (link: McpLink) => void
  readonly onToolsChanged: (link: McpLink) => void
  /** The server does not know the session, although no call has shown it. */
  readonly onSessionForgotten: (link: McpLink) => void
}

/** The way to a server: its process, or one of the transports over HTTP. */
type Way = 'stdio' | 'http' | 'sse'

/** One attempt to use a server: a process or an HTTP session, with its client. */
export class McpLink implements AsyncDisposable {
  readonly #client: Client
  readonly #transport: Transport
  readonly #wire: HttpWire | null
  #calls = 0
  #isClosed = false
  #hasEnded = false
  #lossReason: string | null = null
  readonly #idleListeners: (() => void)[] = []

  constructor(server: McpServerConfig, way: Way, listeners: LinkListeners, authorization: WireAuthorization) {
    const changed = (): void => listeners.onToolsChanged(this)
    this.#client = new Client(
      { name: 'codecell', version: packageVersion },
      {
        // Probing for the newer protocol starts a stdio server twice; over HTTP it costs one request.
        versionNegotiation: { mode: way === 'http' ? 'auto' : 'legacy' },
        jsonSchemaValidator: acceptAnything,
        listChanged: { tools: { autoRefresh: false, debounceMs: changeQuietMs, onChanged: changed } },
      },
    )
    // The client follows the notification only when the server has declared it.
    this.#client.fallbackNotificationHandler = ({ method }) => {
      if (method === listChanged) changed()
      return Promise.resolve()
    }
    this.#wire =
      way === 'stdio'
        ? null
        : new HttpWire(way === 'sse', authorization, {
            onStreamEnd: (reason) => {
              this.#lossReason = reason
              void this.#client.close()
            },
            onMessage: (message) => this.#transport.onmessage?.(parseJSONRPCMessage(message)),
            onReopened: changed,
            onSessionForgotten: () => listeners.onSessionForgotten(this),
          })
    this.#transport = transportOf(server, way, this.#wire)
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the client has no other interface
    this.#client.onclose = () => {
      this.#hasEnded = true
      if (!this.#isClosed) listeners.onLost(this)
    }
  }

  /** The instructions of the server. */
  get instructions(): string | undefined {
    return this.#client.getInstructions()
  }

  get hasSession(): boolean {
    return this.#transport.sessionId !== undefined
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** How a server ended its connection; null while that is not known. */
  get exitText(): string | null {
    return this.#transport instanceof StdioServer ? this.#transport.exitText : this.#lossReason
  }

  /** The end of the standard error of a server process. */
  get said(): string {
    return this.#transport instanceof StdioServer ? this.#transport.said : ''
  }

  /** Connects and lists the tools. */
  async start(timeout: number): Promise<ToolListing> {
    try {
      await this.#client.connect(this.#transport, { timeout })
    } catch (error) {
      throw this.#wire?.openingFailure ?? error
    }
    return await this.list(timeout)
  }

  async list(timeout: number): Promise<ToolListing> {
    return await listMcpTools(this.#client, { timeout })
  }

  /** Calls a tool. Returns the result as the server sent it. */
  async call(
    { name, inputSchema }: ListedTool,
    input: unknown,
    { signal, key, timeout }: Pick<ToolCallContext, 'signal' | 'key'> & { readonly timeout: number },
  ): Promise<unknown> {
    this.#calls++
    try {
      const result = await this.#client.callTool(
        // A server that supports the key can detect a call that is repeated after a crash.
        { name, arguments: isRecord(input) ? input : {}, _meta: { 'codecell/idempotencyKey': key } },
        {
          signal,
          timeout,
          // A server reports progress, which extends the timeout, only when the client requests it.
          resetTimeoutOnProgress: true,
          onprogress: () => undefined,
          // A tool whose results do not match its output schema is still usable without the schema.
          toolDefinition: {
            name,
            inputSchema: isRecord(inputSchema) ? { ...inputSchema, type: 'object' } : { type: 'object' },
          },
        },
      )
      return receivedResult(result)
    } finally {
      if (--this.#calls === 0) for (const listener of this.#idleListeners.splice(0)) listener()
    }
  }

  /** Closes the link when its last call has ended. */
  async retire(): Promise<void> {
    if (this.#calls > 0) {
      await new Promise<void>((resolve) => {
        this.#idleListeners.push(resolve)
      })
    }
    await this[Symbol.asyncDispose]()
  }

  /** Kills the server's process when this process exits. */
  kill(): void {
    if (this.#transport instanceof StdioServer) this.#transport.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed && this.#transport instanceof StreamableHTTPClientTransport) {
      // Lets the server release the session.
      const released = this.#transport.terminateSession().catch(() => undefined)
      this.#isClosed = true
      await Promise.race([released, delay(releaseMs, undefined, { ref: false })])
    }
    this.#isClosed = true
    const closed = [this.#client.close(), this.#transport.close()]
    await Promise.race([Promise.allSettled(closed), delay(endMs, undefined, { ref: false })])
    this.#wire?.[Symbol.dispose]()
  }
}

/** Returns the ways to a server, in the order in which the protocol tries them. */
export function waysTo({ type }: McpServerConfig): readonly [Way, ...Way[]] {
  return type === 'http' ? ['http', 'sse'] : [type]
}

function transportOf(server: McpServerConfig, way: Way, wire: HttpWire | null): Transport {
  const problem = unusableValue(server)
  if (problem !== null) throw new UnusableValue(problem)
  if (server.type === 'stdio' || wire === null) {
    if (server.type !== 'stdio') throw new TypeError(`expected a server with a command, got ${server.type}`)
    return new StdioServer(server)
  }
  const options = { requestInit: { headers: { ...server.headers } }, fetch: wire.fetch }
  return way === 'sse'
    ? new SSEClientTransport(new URL(server.url), options)
    : new StreamableHTTPClientTransport(new URL(server.url), { ...options, ...reconnection })
}

/** Minimum and maximum time until a stream is opened again, in milliseconds. */
const minReopenMs = 50
const maxReopenMs = 30_000

/** A stream is opened again until the wire says that it has ended. */
const reconnection: Pick<StreamableHTTPClientTransportOptions, 'reconnectionOptions' | 'reconnectionScheduler'> = {
  reconnectionOptions: {
    initialReconnectionDelay: 1000,
    maxReconnectionDelay: maxReopenMs,
    reconnectionDelayGrowFactor: 1.5,
    maxRetries: Infinity,
  },
  // A server can ask for a delay of zero, also while it refuses the stream.
  reconnectionScheduler: (reconnect, delayMs, attempt) => {
    const backoffMs = minReopenMs * 2 ** Math.min(attempt, 20)
    const timer = setTimeout(reconnect, Math.min(Math.max(delayMs, backoffMs), maxReopenMs)).unref()
    return () => clearTimeout(timer)
  },
}

/** Accepts any output schema: a tool with an invalid one is still usable. */
const acceptAnything: jsonSchemaValidator = {
  getValidator<value>(): JsonSchemaValidator<value> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no code relies on the claimed type
    return (data) => ({ valid: true, data: data as value, errorMessage: undefined })
  },
}
