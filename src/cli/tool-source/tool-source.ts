import { existsSync } from 'node:fs'
import type { Tool } from '../../index.ts'
import type { McpServerFailure, McpServerStatus } from '../../mcp.ts'
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
 * is tried again. Without a source it loads neither an MCP client nor a reader of documents, which take longer than most programs.
 */
export async function openToolSource(options: ToolSourceOptions): Promise<ToolSource> {
  const file = options.config ?? usualFiles.find((name) => existsSync(name))
  if (file === undefined && (options.openapi ?? []).length === 0) return noTools
  return await (await import('./configured-tools.ts')).openConfiguredTools(file, options)
}

const noTools: ToolSource = {
  tools: [],
  failures: [],
  status: [],
  sources: 0,
  onToolsChanged: () => undefined,
  onStatusChanged: () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
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

/** Returns the servers that have not started, for a console. */
export function failuresOf({ failures }: ToolSource): readonly { readonly name: string; readonly message: string }[] {
  return failures.map(({ server, message }) => ({ name: server, message }))
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
