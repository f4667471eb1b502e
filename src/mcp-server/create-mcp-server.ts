import type { Server } from '@modelcontextprotocol/server'
import { Readiness } from '../probes/readiness.ts'
import { checkStore } from '../session/check-store.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import { createHostPool } from '../session/hosts/create-host-pool.ts'
import type { Tool } from '../tools/tool.ts'
import { buildServer } from './build-server.ts'
import { ClientSession } from './client-session.ts'
import { settingNames, type McpServerSettings } from './server-options.ts'
import { checkOptions } from '../options/check-options.ts'
import { checkOneStorage } from '../session/durable-store.ts'
import { resolveLimits } from '../session/common/limits.ts'
import { outsideSession, storageOptionNames } from '../session/api/option-names.ts'
import { resolveTools } from '../tools/resolve-tool.ts'

/** `exec` and `wait` for MCP clients. Disposing it terminates all cells except those of stored sessions. */
export interface CodecellMcpServer extends AsyncDisposable {
  /** Connects a client. No other client sees its cells and stored values. */
  connectClient(options?: McpClientOptions): McpClientConnection
  /** Replaces the tools for programs that start later, and notifies the clients. */
  setTools(tools: readonly Tool[], options?: SetToolsOptions): void
  /**
   * Returns the reason why programs cannot run: `store unreachable` or `no host`; null when they can. Starts a host unless one is
   * running. A check that takes more than two seconds fails, and a result counts for a second.
   */
  readiness(): Promise<string | null>
}

export type SetToolsOptions = {
  /**
   * The names of servers that have not started. The description of `exec` lists them.
   *
   * @default those of the call before
   */
  readonly missingServers?: readonly string[]
}

export type McpClientOptions = {
  /**
   * The id of the stored session of the client; null for a session in memory.
   *
   * @default `sessionId` of the server
   */
  readonly sessionId?: string | null
}

/** A connected client. Disposing it terminates its cells, except those of a stored session. */
export interface McpClientConnection extends AsyncDisposable {
  /** Creates a server of the MCP SDK: for a connection of this client, or for one request when it is not `lasting`. */
  build(options?: { readonly lasting?: boolean }): Server
}

/**
 * Creates the server. `serveStdio` and `serveHttp` connect clients to it.
 *
 * @throws {CodecellError} INVALID_OPTION when a setting is unknown or invalid.
 * @example
 * ```ts
 * await using server = createMcpServer({ tools })
 * await serveStdio(server)
 * ```
 */
export function createMcpServer(settings: McpServerSettings): CodecellMcpServer {
  checkOptions('createMcpServer', settings, settingNames, outsideSession)
  if (typeof settings.storage !== 'string') checkOptions('storage', settings.storage, storageOptionNames)
  checkOneStorage(settings)
  resolveLimits(settings.limits)
  const hosts = settings.hosts ?? createHostPool({ size: 2 })
  const clients = new Set<ClientSession>()
  /** Servers of lasting connections, which receive notifications about new tools. */
  const servers = new Set<WeakRef<Server>>()
  let tools = resolveTools(settings.tools)
  let missingServers = settings.missingServers ?? []
  const readiness = readinessOf(settings.store, hosts)
  return {
    connectClient(options = {}) {
      checkOptions<McpClientOptions>('connectClient', options, { sessionId: 'any' })
      const { sessionId = settings.sessionId ?? 'main' } = options
      const client = new ClientSession(settings, hosts, sessionId)
      client.setTools(tools)
      clients.add(client)
      return {
        build(building = {}) {
          checkOptions('build', building, { lasting: 'boolean' })
          const { lasting = true } = building
          const server = buildServer({
            settings,
            tools: () => tools,
            missingServers: () => missingServers,
            client: () => client,
          })
          if (!lasting) return server
          const reference = new WeakRef(server)
          servers.add(reference)
          // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the class has no other interface
          server.onclose = () => servers.delete(reference)
          return server
        },
        async [Symbol.asyncDispose]() {
          clients.delete(client)
          await client[Symbol.asyncDispose]()
        },
      }
    },
    setTools(next, options = {}) {
      checkOptions<SetToolsOptions>('setTools', options, { missingServers: 'any' })
      tools = resolveTools(next)
      missingServers = options.missingServers ?? missingServers
      for (const client of clients) client.setTools(tools)
      // A server without a connection cannot be notified. Its client lists the tools when it connects.
      for (const server of servers)
        server
          .deref()
          ?.sendToolListChanged()
          .catch(() => undefined)
    },
    readiness: () => readiness.reason(),
    async [Symbol.asyncDispose]() {
      await Promise.all([...clients].map((client) => client[Symbol.asyncDispose]()))
      if (settings.hosts === undefined) await hosts[Symbol.asyncDispose]()
    },
  }
}

function readinessOf(store: McpServerSettings['store'], hosts: HostPool): Readiness {
  return new Readiness([
    ...(store === undefined ? [] : [{ reason: 'store unreachable', run: () => checkStore(store) }]),
    { reason: 'no host', run: () => hosts.warm() },
  ])
}
