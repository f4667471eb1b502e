import { CodecellError } from '../../errors.ts'
import { callListener } from '../../session/common/call-listener.ts'
import type { Tool } from '../../tools/tool.ts'
import { checkServer, type LoadedMcpServer } from './config/mcp-config.ts'
import { McpConnection, type ConnectionOptions } from './mcp-connection.ts'
import type { McpServerStatus } from './server-status.ts'
import { StartSlots } from './start-slots.ts'
import { UnusedServer } from './unused-server.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'

export type McpServersOptions = {
  /**
   * Timeout for a server to start and list its tools, in milliseconds.
   *
   * @default 30000
   */
  readonly startTimeoutMs?: number
  /**
   * Timeout of a call in milliseconds.
   *
   * @default the limit of the session
   */
  readonly toolTimeoutMs?: number
  /**
   * The time until a server that has gone away is started again, in milliseconds. It doubles with each attempt, up to a minute, and
   * is this time again after a server has run for a minute.
   *
   * @default 500
   */
  readonly restartDelayMs?: number
  /**
   * Whether a server that fails to start is tried again, with the same delays as a server that has gone away.
   *
   * @default true
   */
  readonly retryStarts?: boolean
  /**
   * The folder with the logins of the user. Each user of a program for several users needs one.
   *
   * @default the folder that `codecell login` uses
   */
  readonly credentialsDir?: string
  /** Receives warnings about the tools of a server, e.g. names in its configuration that it does not have. */
  readonly onWarning?: (text: string) => void
  /** Cancels the start of servers when aborted. */
  readonly signal?: AbortSignal
}

const optionNames: OptionNames<McpServersOptions> = {
  startTimeoutMs: 'any',
  toolTimeoutMs: 'any',
  restartDelayMs: 'any',
  retryStarts: 'boolean',
  credentialsDir: 'any',
  onWarning: 'function',
  signal: 'any',
}

/** Maximum number of servers that are launched at the same time. */
const maxLaunches = 8

/** The time after which a server that is starting does not delay others, in milliseconds. */
const launchMs = 2000

/** A server that has not started, or whose entry cannot be used, with the reason and the end of its standard error. */
export type McpServerFailure = { readonly server: string; readonly message: string }

/** The MCP servers of a configuration. Disposing it ends all of them. */
export interface McpServers extends AsyncDisposable {
  /** The current tools of all servers, in the namespaces `mcp__<server>`. Those of a lost server stay, and their calls fail. */
  readonly tools: readonly Tool[]
  /** The states of all servers, in the order of the configuration. */
  readonly status: readonly McpServerStatus[]
  /** The servers that have not started yet, in the order of the configuration. One that starts later is removed. */
  readonly failures: readonly McpServerFailure[]
  /**
   * Calls the listener with all tools when a server changes its own or starts after a failure, for `session.setTools`. Returns a function that removes the
   * listener. Errors of the listener become warnings of the process.
   */
  onToolsChanged(listener: (tools: readonly Tool[]) => void): () => void
  /**
   * Calls the listener when the state of a server changes after its start. Returns a function that removes the listener. Errors of
   * the listener become warnings of the process.
   */
  onStatusChanged(listener: (status: McpServerStatus) => void): () => void
}

/**
 * Starts all servers in parallel. A failed server is reported and tried again, and the others work. Rejects with the reason of `signal` when it
 * aborts, after the started servers have ended.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 * @example
 * ```ts
 * await using servers = await connectMcpServers(await loadMcpConfig('mcp.json'))
 * await using session = await createSession({ tools: servers.tools })
 * ```
 */
export async function connectMcpServers(
  servers: readonly LoadedMcpServer[],
  options: McpServersOptions = {},
): Promise<McpServers> {
  checkOptions('connectMcpServers', options, optionNames)
  for (const server of servers) if (server.type !== 'invalid' && server.type !== 'disabled') checkServer(server)
  const connections = new Connections(servers, options)
  await connections.start(options.signal ?? new AbortController().signal)
  if (options.signal?.aborted === true) {
    await connections[Symbol.asyncDispose]()
    options.signal.throwIfAborted()
  }
  return connections
}

class Connections implements McpServers {
  /** In the order of the configuration. */
  readonly #all: readonly (McpConnection | UnusedServer)[]
  readonly #connections: readonly McpConnection[]
  readonly #listeners = new Set<(tools: readonly Tool[]) => void>()
  readonly #statusListeners = new Set<(status: McpServerStatus) => void>()

  constructor(servers: readonly LoadedMcpServer[], options: McpServersOptions) {
    const connectionOptions = this.#connectionOptions(options)
    this.#all = servers.map((server) =>
      server.type === 'invalid' || server.type === 'disabled'
        ? new UnusedServer(server)
        : new McpConnection(server, connectionOptions),
    )
    this.#connections = this.#all.filter((server) => server instanceof McpConnection)
    process.once('exit', this.#killAll)
  }

  #connectionOptions(options: McpServersOptions): ConnectionOptions {
    const { startTimeoutMs = 30_000, toolTimeoutMs = 86_400_000, restartDelayMs = 500, retryStarts = true } = options
    return {
      startTimeoutMs,
      toolTimeoutMs,
      restartDelayMs,
      retryStarts,
      credentialsDir: options.credentialsDir ?? null,
      slots: new StartSlots(maxLaunches, launchMs),
      onToolsChanged: () => {
        for (const listener of this.#listeners) callListener('onToolsChanged', () => listener(this.tools))
      },
      onStatus: (status) => {
        for (const listener of this.#statusListeners) callListener('onStatusChanged', () => listener(status))
      },
      onWarning: (text) => callListener('onWarning', () => options.onWarning?.(text)),
    }
  }

  /** In the order of the configuration, not of the starts. */
  get tools(): readonly Tool[] {
    return this.#all.flatMap(({ tools }) => tools)
  }

  get status(): readonly McpServerStatus[] {
    return this.#all.map(({ status }) => status)
  }

  get failures(): readonly McpServerFailure[] {
    return this.#all.flatMap(({ name, failure }) => (failure === null ? [] : [{ server: name, message: failure }]))
  }

  async start(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.start(signal)))
  }

  onToolsChanged(listener: (tools: readonly Tool[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onStatusChanged(listener: (status: McpServerStatus) => void): () => void {
    this.#statusListeners.add(listener)
    return () => this.#statusListeners.delete(listener)
  }

  /** Also kills the servers when the process exits without disposing. */
  readonly #killAll = (): void => {
    for (const connection of this.#connections) connection.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection[Symbol.asyncDispose]()))
    process.off('exit', this.#killAll)
  }
}

/** Returns the error for callers that require all servers. */
export function serverStartError(failures: readonly McpServerFailure[]): CodecellError {
  const list = failures.map(({ server, message }) => `"${server}": ${message}`).join('\n')
  return new CodecellError('SERVER_START_FAILED', `Cannot start MCP servers:\n${list}`)
}
