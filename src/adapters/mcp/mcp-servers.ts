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
   * The folder with the logins of the user. Each user of a program for several users needs one.
   *
   * @default the folder that `codecell login` uses
   */
  readonly credentialsDir?: string
  /** Cancels the start of servers when aborted. */
  readonly signal?: AbortSignal
}

const optionNames: OptionNames<McpServersOptions> = {
  startTimeoutMs: 'any',
  toolTimeoutMs: 'any',
  restartDelayMs: 'any',
  credentialsDir: 'any',
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
  const usable = servers.filter((server) => server.type !== 'invalid')
  for (const server of usable) checkServer(server)
  const { startTimeoutMs = 30_000, toolTimeoutMs = 86_400_000, restartDelayMs = 500, signal = null } = options
  const { credentialsDir = null } = options
  const connections = new Connections(usable, { startTimeoutMs, toolTimeoutMs, restartDelayMs, credentialsDir })
  for (const server of servers) {
    if (server.type === 'invalid') connections.fail(server.name, server.reason)
  }
  await connections.start(signal)
  if (signal?.aborted === true) {
    await connections[Symbol.asyncDispose]()
    options.signal.throwIfAborted()
  }
  return connections
}

type Settings = Omit<ConnectionOptions, 'onToolsChanged' | 'onStatus'>

class Connections implements McpServers {
  failures: readonly McpServerFailure[] = []
  readonly #all: readonly McpConnection[]
  readonly #listeners = new Set<(tools: readonly Tool[]) => void>()
  readonly #statusListeners = new Set<(status: McpServerStatus) => void>()

  constructor(servers: readonly McpServerConfig[], settings: Settings) {
    const onToolsChanged = (): void => {
      for (const listener of this.#listeners) callListener('onToolsChanged', () => listener(this.tools))
    }
    const onStatus = (status: McpServerStatus): void => {
      // A server that needed a login can start later.
      if (status.state === 'ready') this.failures = this.failures.filter(({ server }) => server !== status.server)
      for (const listener of this.#statusListeners) callListener('onStatusChanged', () => listener(status))
    }
    this.#all = servers.map((server) => new McpConnection(server, { ...settings, onToolsChanged, onStatus }))
    process.once('exit', this.#killAll)
  }

  #connectionOptions(options: McpServersOptions): ConnectionOptions {
    const { startTimeoutMs = 30_000, toolTimeoutMs = 86_400_000, restartDelayMs = 500, retryStarts = true } = options
    return {
      startTimeoutMs,
      toolTimeoutMs,
      restartDelayMs,
      retryStarts,
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

  fail(server: string, message: string): void {
    this.failures = [...this.failures, { server, message }]
  }

  async start(signal: AbortSignal | null): Promise<void> {
    const slots = new StartSlots(maxLaunches, launchMs)
    const starts = this.#all.map(async (connection) => {
      try {
        await slots.run(() => connection.start(signal))
      } catch (error) {
        this.fail(connection.name, messageOf(error))
      }
    })
    await Promise.all(starts)
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
