import { existsSync } from 'node:fs'
import type { Tool } from '../index.ts'
import { connectMcpServers, loadMcpConfig, type McpServerFailure } from '../mcp.ts'
import { CommandError, exitCodes } from './exit-codes.ts'

/** The tools of a command: from the servers of a configuration file, or none. */
export interface ToolSource extends AsyncDisposable {
  readonly tools: readonly Tool[]
  readonly failures: readonly McpServerFailure[]
  /** How many servers there are in all. */
  readonly servers: number
}

/** Looked for in the working folder when no file is named. */
const usualFiles = ['.mcp.json', 'mcp.json']

export type ToolSourceOptions = {
  readonly config: string | undefined
  readonly toolTimeoutMs: number | undefined
  readonly signal: AbortSignal
}

/** Starts the servers of the configuration. Throws when there are some and none starts. */
export async function openToolSource({ config, toolTimeoutMs, signal }: ToolSourceOptions): Promise<ToolSource> {
  const file = config ?? usualFiles.find((name) => existsSync(name))
  if (file === undefined) return { tools: [], failures: [], servers: 0, [Symbol.asyncDispose]: () => Promise.resolve() }
  const configs = await loadMcpConfig(file)
  const servers = await connectMcpServers(configs, {
    signal,
    ...(toolTimeoutMs === undefined ? {} : { toolTimeoutMs }),
  })
  const { tools, failures } = servers
  if (configs.length > 0 && failures.length === configs.length) {
    await servers[Symbol.asyncDispose]()
    throw new CommandError(exitCodes.cannotStart, failures.map((failure) => failureText(failure)).join('\n'))
  }
  return { tools, failures, servers: configs.length, [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose]() }
}

/** One failed server in words. */
export function failureText({ server, message }: McpServerFailure): string {
  return `Cannot start MCP server "${server}": ${message}`
}
