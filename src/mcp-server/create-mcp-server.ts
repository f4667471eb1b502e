import type { Server } from '@modelcontextprotocol/server'
import { Readiness } from '../probes/readiness.ts'
import { checkStore } from '../session/check-store.ts'
import { defaultEngine } from '../protocol/default-engine.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import { createHostPool } from '../session/hosts/create-host-pool.ts'
import type { Tool } from '../tools/tool.ts'
import { ClientSession, type StoredSession } from './client-session.ts'
import { ConnectedClient, type McpClientConnection } from './connected-client.ts'
import { openServerInternals } from './server-internals.ts'
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
  const hosts = settings.hosts ?? createHostPool({ size: 2, engine: settings.engine ?? defaultEngine })
  const clients = new Set<ClientSession>()
  const notified = new LastingServers()
  let tools = resolveTools(settings.tools)
  let missingServers = settings.missingServers ?? []
  const readiness = readinessOf(settings.store, hosts)
  const connect = (stored: StoredSession): ConnectedClient => {
    const client = new ClientSession(settings, hosts, stored)
    client.setTools(tools)
    clients.add(client)
    return new ConnectedClient(client, {
      source: { settings, tools: () => tools, missingServers: () => missingServers, client: () => client },
      onServer: (connected) => notified.add(connected),
      onEnd: () => clients.delete(client),
    })
  }
  const server: CodecellMcpServer = {
    connectClient(options = {}) {
      checkOptions<McpClientOptions>('connectClient', options, { sessionId: 'any' })
      const { sessionId = settings.sessionId ?? 'main' } = options
      return connect(storedIn(settings, sessionId))
    },
    setTools(next, options = {}) {
      checkOptions<SetToolsOptions>('setTools', options, { missingServers: 'any' })
      tools = resolveTools(next)
      missingServers = options.missingServers ?? missingServers
      for (const client of clients) client.setTools(tools)
      notified.onToolsChanged()
    },
    readiness: () => readiness.reason(),
    async [Symbol.asyncDispose]() {
      await Promise.all([...clients].map((client) => client[Symbol.asyncDispose]()))
      if (settings.hosts === undefined) await hosts[Symbol.asyncDispose]()
    },
  }
  openServerInternals(server, { store: settings.store ?? null, connectStored: connect })
  return server
}

/** Returns where the session of a client is stored. */
function storedIn({ storage, store }: McpServerSettings, sessionId: string | null): StoredSession {
  if (sessionId === null || (storage === undefined && store === undefined)) return {}
  return { ...(storage === undefined ? {} : { storage }), ...(store === undefined ? {} : { store }), sessionId }
}

function readinessOf(store: McpServerSettings['store'], hosts: HostPool): Readiness {
  return new Readiness([
    ...(store === undefined ? [] : [{ reason: 'store unreachable', run: () => checkStore(store) }]),
    { reason: 'no host', run: () => hosts.warm() },
  ])
}

/** Servers of lasting connections, which receive notifications about new tools. */
class LastingServers {
  readonly #servers = new Set<WeakRef<Server>>()

  add(server: Server): void {
    const reference = new WeakRef(server)
    this.#servers.add(reference)
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the class has no other interface
    server.onclose = () => this.#servers.delete(reference)
  }

  onToolsChanged(): void {
    // A server without a connection cannot be notified. Its client lists the tools when it connects.
    for (const server of this.#servers)
      server
        .deref()
        ?.sendToolListChanged()
        .catch(() => undefined)
  }
}
