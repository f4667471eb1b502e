import { CodecellError, messageOf } from '../../errors.ts'
import { callListener } from '../../session/cell/calling-back.ts'
import type { Tool } from '../../tools/tool.ts'
import { checkServer, type McpServerConfig } from './mcp-config.ts'
import { McpConnection } from './mcp-connection.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'

export type McpServersOptions = {
  /** How long a server may take to start and to list its tools, in milliseconds. Default: 30 000. */
  readonly startTimeoutMs?: number
  /** How long one call may take, in milliseconds. Default: the limit of the session decides. */
  readonly toolTimeoutMs?: number
  /** Aborting it gives up servers that are still starting. */
  readonly signal?: AbortSignal
}

const optionNames: OptionNames<McpServersOptions> = { startTimeoutMs: 'any', toolTimeoutMs: 'any', signal: 'any' }

/** A server that could not be started, and why, with the end of what it said on its error stream. */
export type McpServerFailure = { readonly server: string; readonly message: string }

/** The MCP servers of a configuration. Disposing it ends them all. */
export interface McpServers extends AsyncDisposable {
  /** The tools that all servers have now, each in the namespace `mcp__<server>`. */
  readonly tools: readonly Tool[]
  readonly failures: readonly McpServerFailure[]
  /**
   * Calls back with all tools whenever a server changed its own, for `session.setTools`; returns what ends that. What the
   * listener throws becomes a warning of the process.
   */
  onToolsChanged(listener: (tools: readonly Tool[]) => void): () => void
}

/**
 * Starts all servers side by side. One that fails is reported and the others work. Throws the reason of `signal` when it
 * aborts, after what had been started is gone.
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
  // In the order of the configuration, whoever was first.
  const toolsNow = (): readonly Tool[] =>
    all.flatMap((connection) => (connections.includes(connection) ? connection.tools : []))
  // Who exits without disposing leaves no process behind either.
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

/** The error for callers who need every server. */
export function serverStartError(failures: readonly McpServerFailure[]): CodecellError {
  const list = failures.map(({ server, message }) => `"${server}": ${message}`).join('\n')
  return new CodecellError('SERVER_START_FAILED', `Cannot start MCP servers:\n${list}`)
}
