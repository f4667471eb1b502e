import { existsSync } from 'node:fs'
import type { Tool } from '../../index.ts'
import { connectMcpServers, loadMcpConfig, type McpServerFailure, type McpServerStatus } from '../../mcp.ts'
import { loadOpenApi, loadOpenApiConfig, openApiToolsOf } from '../../openapi.ts'
import { CodecellError, messageOf } from '../../errors.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { runsServe } from '../client-config/server-entry.ts'
import type { CommandLine } from '../common/command-line.ts'
import { usualFiles } from '../common/usual-files.ts'

/** The tools of a command, from the servers and OpenAPI documents of a configuration file and of flags. */
export interface ToolSource extends AsyncDisposable {
  readonly tools: readonly Tool[]
  /** The servers that have not started yet. */
  readonly failures: readonly McpServerFailure[]
  readonly status: readonly McpServerStatus[]
  /** The number of servers and documents, without the servers that are switched off. */
  readonly sources: number
  /** Calls the listener with all tools whenever a server changes its own, or starts after a failure. */
  readonly onToolsChanged: (listener: (tools: readonly Tool[]) => void) => void
  /** Calls the listener when a server is lost or ready again. */
  readonly onStatusChanged: (listener: (status: McpServerStatus) => void) => void
}

export type ToolSourceOptions = {
  readonly config: string | undefined
  /** OpenAPI documents: `FILE`, or `NAME=FILE`. */
  readonly openapi?: readonly string[]
  /** The URL of the server of these documents. */
  readonly openapiUrl?: string | undefined
  readonly toolTimeoutMs: number | undefined
  readonly startTimeoutMs: number | undefined
  /** Whether servers that fail to start are tried again, for commands that run until a signal. */
  readonly retryStarts?: boolean
  readonly signal: AbortSignal
  /** Called for each unknown key in the file. */
  readonly onWarning: (text: string) => void
}

/**
 * Starts the servers of the configuration and reads the documents. Throws a `CommandError` when every server fails to start and none
 * is tried again.
 */
export async function openToolSource(options: ToolSourceOptions): Promise<ToolSource> {
  const { toolTimeoutMs, startTimeoutMs, retryStarts = false, signal, onWarning } = options
  const file = options.config ?? usualFiles.find((name) => existsSync(name))
  const documents = file === undefined ? noDocuments : await documentsOf(file)
  const ofFlags = await toolsOfFlags(options)
  const operations = [...documents.tools, ...ofFlags.flat()]
  const hasOthers = documents.loaded + ofFlags.length > 0
  const all = file === undefined ? [] : await serversOf(file, { onWarning, hasOthers })
  const configs = all.filter((server) => server.type !== 'stdio' || !runsServe(server))
  const enabled = configs.filter(({ type }) => type !== 'disabled').length
  // Without another source the command cannot do its work.
  if (documents.errors.length > 0 && enabled === 0 && !hasOthers) throw documents.errors[0]
  for (const error of documents.errors) onWarning(messageOf(error))
  const servers = await connectMcpServers(configs, {
    signal,
    retryStarts,
    onWarning,
    ...(toolTimeoutMs === undefined ? {} : { toolTimeoutMs }),
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
  })
  const { failures } = servers
  const isRetried = servers.status.some(
    (status) => status.state === 'failed' && (status.nextAttemptAt !== null || (retryStarts && status.needsLogin)),
  )
  const hasNone = enabled > 0 && failures.length === enabled && !hasOthers
  if (hasNone && !isRetried) {
    await servers[Symbol.asyncDispose]()
    throw new CommandError(exitCodes.cannotStart, failures.map((failure) => failureText(failure)).join('\n'))
  }
  return {
    get tools() {
      return [...servers.tools, ...operations]
    },
    get failures() {
      return servers.failures
    },
    get status() {
      return servers.status
    },
    onToolsChanged: (listener) => {
      servers.onToolsChanged((changed) => listener([...changed, ...operations]))
    },
    onStatusChanged: (listener) => {
      servers.onStatusChanged(listener)
    },
    sources: enabled + documents.loaded + ofFlags.length,
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  }
}

/** Loads the servers of a configuration file. When none can be used, the reasons are a warning for a command with other sources. */
async function serversOf(
  file: string,
  { onWarning, hasOthers }: Pick<ToolSourceOptions, 'onWarning'> & { readonly hasOthers: boolean },
): Promise<Awaited<ReturnType<typeof loadMcpConfig>>> {
  try {
    return await loadMcpConfig(file, { onWarning })
  } catch (error) {
    if (!hasOthers || !CodecellError.is(error, 'CONFIG_INVALID')) throw error
    onWarning(error.message)
    return []
  }
}

type Documents = { readonly tools: readonly Tool[]; readonly loaded: number; readonly errors: readonly unknown[] }

const noDocuments: Documents = { tools: [], loaded: 0, errors: [] }

/** Loads the documents of a configuration file. A document that cannot be used does not affect the others. */
async function documentsOf(file: string): Promise<Documents> {
  const errors: unknown[] = []
  const configs = await loadOpenApiConfig(file, { onInvalid: (error) => errors.push(error) })
  const results = await Promise.allSettled(configs.map((config) => openApiToolsOf([config])))
  const loaded = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  for (const result of results) if (result.status === 'rejected') errors.push(result.reason)
  return { tools: loaded.flat(), loaded: loaded.length, errors }
}

/** Returns the tools of the documents in flags. */
async function toolsOfFlags({ openapi = [], openapiUrl }: ToolSourceOptions): Promise<readonly (readonly Tool[])[]> {
  const at = openapiUrl === undefined ? {} : { baseUrl: openapiUrl }
  return await Promise.all(
    openapi.map((flag) => {
      const [, name, file] = /^([A-Za-z_][\w-]*)=(.+)$/s.exec(flag) ?? []
      return name === undefined || file === undefined ? loadOpenApi(flag, at) : loadOpenApi(file, { ...at, name })
    }),
  )
}

/** Returns the options that the flags of a command select. */
export function toolSourceOptions(
  line: CommandLine,
  { signal, onWarning }: Pick<ToolSourceOptions, 'signal' | 'onWarning'>,
): ToolSourceOptions {
  return {
    config: line.text('config'),
    openapi: line.list('openapi'),
    openapiUrl: line.text('openapi-url'),
    toolTimeoutMs: line.number('tool-timeout'),
    startTimeoutMs: line.number('start-timeout'),
    signal,
    onWarning,
  }
}

/** Returns the error text for a server that failed to start. */
export function failureText({ server, message }: McpServerFailure): string {
  return `Cannot start MCP server "${server}": ${message}`
}

/** Returns a line for each server that the configuration switches off. */
export function disabledTexts(status: readonly McpServerStatus[]): readonly string[] {
  return status.flatMap((server) =>
    server.state === 'disabled' ? [`MCP server "${server.server}" is disabled: ${server.reason}`] : [],
  )
}

/** Returns the text for a command without tools. */
export function noToolsText({ status }: ToolSource): string {
  return status.some(({ state }) => state === 'disabled')
    ? 'No tools are available: the configuration switches all its servers off'
    : 'No tools are configured: pass --config FILE or --openapi FILE'
}

/** Describes the states of servers, of which some did not start at first. */
export class StatusTexts {
  readonly #neverReady: Set<string>

  constructor(failures: readonly McpServerFailure[]) {
    this.#neverReady = new Set(failures.map(({ server }) => server))
  }

  /** Returns the text for a server that is lost, ready or not started; null for other states. */
  textOf(status: McpServerStatus): string | null {
    const name = `MCP server "${status.server}"`
    switch (status.state) {
      case 'ready': {
        const again = this.#neverReady.delete(status.server) ? '' : ' again'
        return `${name} is connected${again}, with ${status.tools} tools`
      }
      case 'lost':
        return `${name} is lost: ${status.reason}; ${attemptText(status)}`
      case 'failed':
        // The reason has the command that logs in.
        if (status.needsLogin) return `Cannot start ${name}: ${status.reason}`
        return `Cannot start ${name}: ${status.reason}; ${attemptText(status)}`
      case 'starting':
      case 'restarting':
      case 'disabled':
      case 'closed':
        return null
      default:
        return status satisfies never
    }
  }
}

type WaitingStatus = { readonly since: number; readonly nextAttemptAt: number | null }

function attemptText({ since, nextAttemptAt }: WaitingStatus): string {
  if (nextAttemptAt === null) return 'it is not tried again, because only its configuration can change that'
  return `the next attempt to start it is in ${((nextAttemptAt - since) / 1000).toFixed(1)} s`
}
