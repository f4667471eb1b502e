import { CodecellError, messageOf } from '../errors.ts'
import type { Tool } from '../tools/tool.ts'
import type { McpServerConfig } from './mcp-config.ts'
import { McpConnection } from './mcp-connection.ts'

export type McpServersOptions = {
  /** How long a server may take to start and to list its tools, in milliseconds. Default: 30 000. */
  readonly startTimeoutMs?: number
  /** How long one call may take, in milliseconds. Default: the limit of the session decides. */
  readonly toolTimeoutMs?: number
  /** Aborting it gives up servers that are still starting. */
  readonly signal?: AbortSignal
}

/** A server that could not be started, and why, with the end of what it said on its error stream. */
export type McpServerFailure = { readonly server: string; readonly message: string }

/** The MCP servers of a configuration. Disposing it ends them all. */
export interface McpServers extends AsyncDisposable {
  /** The tools of all servers, each in the namespace `mcp__<server>`. */
  readonly tools: readonly Tool[]
  readonly failures: readonly McpServerFailure[]
}

/**
 * Starts all servers side by side. One that fails is reported and the others work. Throws the reason of `signal` when it
 * aborts, after what had been started is gone.
 */
export async function connectMcpServers(
  servers: readonly McpServerConfig[],
  { startTimeoutMs = 30_000, toolTimeoutMs = 86_400_000, signal }: McpServersOptions = {},
): Promise<McpServers> {
  const all = servers.map((server) => new McpConnection(server, { toolTimeoutMs }))
  const connections: McpConnection[] = []
  const failures: McpServerFailure[] = []
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
  // In the order of the configuration, whoever was first.
  const tools = servers.flatMap(({ name }) => connections.find((connection) => connection.name === name)?.tools ?? [])
  return { tools, failures, [Symbol.asyncDispose]: dispose }
}

/** The error for callers who need every server. */
export function serverStartError(failures: readonly McpServerFailure[]): CodecellError {
  const list = failures.map(({ server, message }) => `"${server}": ${message}`).join('\n')
  return new CodecellError('SERVER_START_FAILED', `Cannot start MCP servers:\n${list}`)
}
