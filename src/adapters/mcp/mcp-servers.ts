import { CodecellError, messageOf } from '../../errors.ts'
import { callListener } from '../../session/common/call-listener.ts'
import type { Tool } from '../../tools/tool.ts'
import { checkServer, type McpServerConfig } from './mcp-config.ts'
import { McpConnection } from './mcp-connection.ts'
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
  /** Cancels the start of servers when aborted. */
  readonly signal?: AbortSignal
}

const optionNames: OptionNames<McpServersOptions> = { startTimeoutMs: 'any', toolTimeoutMs: 'any', signal: 'any' }

/** A server that did not start, with the reason and the end of its standard error. */
export type McpServerFailure = { readonly server: string; readonly message: string }

/** The MCP servers of a configuration. Disposing it ends all of them. */
export interface McpServers extends AsyncDisposable {
  /** The current tools of all servers, in the namespaces `mcp__<server>`. */
  readonly tools: readonly Tool[]
  readonly failures: readonly McpServerFailure[]
  /**
   * Calls the listener with all tools when a server changes its own, for `session.setTools`. Returns a function that removes the
   * listener. Errors of the listener become warnings of the process.
   */
  onToolsChanged(listener: (tools: readonly Tool[]) => void): () => void
}

/**
 * Starts all servers in parallel. A failed server is reported, and the others work. Rejects with the reason of `signal` when it
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
  servers: readonly McpServerConfig[],
  options: McpServersOptions = {},
): Promise<McpServers> {
  checkOptions('connectMcpServers', options, optionNames)
  for (const server of servers) checkServer(server)
  const { startTimeoutMs = 30_000, toolTimeoutMs = 86_400_000, signal } = options
  const listeners = new Set<(tools: readonly Tool[]) => void>()
  const onToolsChanged = (): void => {
    for (const listener of listeners) callListener('onToolsChanged', () => listener(toolsNow()))
  }
  const all = servers.map((server) => new McpConnection(server, { toolTimeoutMs, onToolsChanged }))
  const connections: McpConnection[] = []
  const failures: McpServerFailure[] = []
  // In the order of the configuration, not of the starts.
  const toolsNow = (): readonly Tool[] =>
    all.flatMap((connection) => (connections.includes(connection) ? connection.tools : []))
  // Also kills the servers when the process exits without disposing.
  const killAll = (): void => {
    for (const connection of all) connection.kill()
  }
  process.once('exit', killAll)
  const starts = all.map(async (connection) => {
    try {
      await connection.start({ timeoutMs: startTimeoutMs, signal: signal ?? null })
      connections.push(connection)
    } catch (error) {
      failures.push({ server: connection.name, message: messageOf(error) })
      await connection[Symbol.asyncDispose]()
    }
  })
  await Promise.all(starts)
  const dispose = async (): Promise<void> => {
    await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()))
    process.off('exit', killAll)
  }
  if (signal?.aborted === true) {
    await dispose()
    signal.throwIfAborted()
  }
  return {
    get tools() {
      return toolsNow()
    },
    failures,
    onToolsChanged(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    [Symbol.asyncDispose]: dispose,
  }
}

/** Returns the error for callers that require all servers. */
export function serverStartError(failures: readonly McpServerFailure[]): CodecellError {
  const list = failures.map(({ server, message }) => `"${server}": ${message}`).join('\n')
  return new CodecellError('SERVER_START_FAILED', `Cannot start MCP servers:\n${list}`)
}
