import type { Server } from '@modelcontextprotocol/server'
import { createHostPool } from '../session/hosts/host-pool.ts'
import type { Tool } from '../tools/tool.ts'
import { buildServer } from './build-server.ts'
import { ClientSession } from './client-session.ts'
import { settingNames, type McpServerSettings } from './server-options.ts'
import { checkOptions } from '../options/check-options.ts'
import { resolveLimits } from '../session/limits.ts'
import { outsideSession, storageOptionNames } from '../session/api/option-names.ts'
import { resolveTools } from '../tools/resolve-tool.ts'

/** `exec` and `wait` for MCP clients. Disposing it terminates all cells but those of durable sessions. */
export interface CodecellMcpServer extends AsyncDisposable {
  /** A client with cells and stored values of its own, which no other client sees. */
  connectClient(options?: McpClientOptions): McpClientConnection
  /** Replaces the tools for programs that start from now on, and tells the clients. */
  setTools(tools: readonly Tool[]): void
}

export type McpClientOptions = {
  /**
   * The id of the stored session of the client; null: its session is in memory.
   *
   * @default `sessionId` of the server
   */
  readonly sessionId?: string | null
}

/** What belongs to one client. Disposing it terminates its cells; those of a durable session are left as they are. */
export interface McpClientConnection extends AsyncDisposable {
  /** A server of the MCP SDK for a connection of this client, or, when it is not `lasting`, for one request. */
  build(options?: { readonly lasting?: boolean }): Server
}

/** Makes the server; `serveStdio` and `serveHttp` bring clients to it. Throws `INVALID_OPTION`. */
export function createMcpServer(settings: McpServerSettings): CodecellMcpServer {
  checkOptions('createMcpServer', settings, settingNames, outsideSession)
  if (typeof settings.storage !== 'string') checkOptions('storage', settings.storage, storageOptionNames)
  resolveLimits(settings.limits)
  const hosts = settings.hosts ?? createHostPool({ size: 2 })
  const clients = new Set<ClientSession>()
  /** Servers of connections that last: they hear of new tools. */
  const servers = new Set<WeakRef<Server>>()
  let tools = resolveTools(settings.tools)
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
          const server = buildServer({ settings, tools: () => tools, client: () => client })
          if (!lasting) return server
          const reference = new WeakRef(server)
          servers.add(reference)
          // oxlint-disable-next-line unicorn/prefer-add-event-listener -- this class has no other way
          server.onclose = () => servers.delete(reference)
          return server
        },
        async [Symbol.asyncDispose]() {
          clients.delete(client)
          await client[Symbol.asyncDispose]()
        },
      }
    },
    setTools(next) {
      tools = resolveTools(next)
      for (const client of clients) client.setTools(tools)
      // One that is not connected (any more) cannot be told, and asks when it is.
      for (const server of servers)
        server
          .deref()
          ?.sendToolListChanged()
          .catch(() => undefined)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...clients].map((client) => client[Symbol.asyncDispose]()))
      if (settings.hosts === undefined) await hosts[Symbol.asyncDispose]()
    },
  }
}
