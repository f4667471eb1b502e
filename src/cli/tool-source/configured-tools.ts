import type { Tool } from '../../index.ts'
import { connectMcpServers, loadMcpConfig } from '../../mcp.ts'
import {
  loadOpenApi,
  loadOpenApiConfig,
  openApiToolsOf,
  type OpenApiConfig,
  type OpenApiOptions,
} from '../../openapi.ts'
import { CodecellError, messageOf } from '../../errors.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { runsServe } from '../client-config/server-entry.ts'
import { failureText, type ToolSource, type ToolSourceOptions } from './tool-source.ts'

/**
 * Starts the servers of a configuration file and reads the documents of the file and of flags. Throws a `CommandError` when every
 * server fails to start and none is tried again.
 */
export async function openConfiguredTools(file: string | undefined, options: ToolSourceOptions): Promise<ToolSource> {
  const { toolTimeoutMs, startTimeoutMs, retryStarts = false, signal, onWarning } = options
  const documents = file === undefined ? noDocuments : await documentsOf(file, onWarning)
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
async function documentsOf(file: string, onWarning: ToolSourceOptions['onWarning']): Promise<Documents> {
  const errors: unknown[] = []
  const configs = await loadOpenApiConfig(file, { onInvalid: (error) => errors.push(error) })
  const results = await Promise.allSettled(configs.map((config) => openApiToolsOf([withWarnings(config, onWarning)])))
  const loaded = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  for (const result of results) if (result.status === 'rejected') errors.push(result.reason)
  return { tools: loaded.flat(), loaded: loaded.length, errors }
}

function withWarnings(config: OpenApiConfig, onWarning: ToolSourceOptions['onWarning']): OpenApiConfig {
  return { ...config, options: { ...config.options, onWarning: onSkipped(onWarning) } }
}

/** Passes on the warnings about skipped operations. Missing credentials are part of descriptions and errors. */
function onSkipped(onWarning: ToolSourceOptions['onWarning']): NonNullable<OpenApiOptions['onWarning']> {
  return (text, reason) => {
    if (reason === 'operation_skipped') onWarning(text)
  }
}

/** Returns the tools of the documents in flags. */
async function toolsOfFlags({
  openapi = [],
  openapiUrl,
  onWarning,
}: ToolSourceOptions): Promise<readonly (readonly Tool[])[]> {
  const at = { ...(openapiUrl === undefined ? {} : { baseUrl: openapiUrl }), onWarning: onSkipped(onWarning) }
  return await Promise.all(
    openapi.map((flag) => {
      const [, name, file] = /^([A-Za-z_][\w-]*)=(.+)$/s.exec(flag) ?? []
      return name === undefined || file === undefined ? loadOpenApi(flag, at) : loadOpenApi(file, { ...at, name })
    }),
  )
}
