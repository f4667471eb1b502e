import { createServer } from 'node:net'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { onTestFinished } from 'vitest'
import type { Tool } from '../../../src/index.ts'
import {
  createMcpServer,
  serveHttp,
  type HttpServing,
  type McpServerSettings,
  type PeerTls,
  type ServeHttpOptions,
} from '../../../src/mcp-server.ts'
import { sqliteStore, type SharedStore, type StoreOptions } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { negotiation, type Era } from '../served.ts'

const fleetKey = 'fleet-key-0123456789-0123456789-0123456789'
export const tokens: readonly string[] = ['token-of-one-0123456789', 'token-of-another-0123456789']

export type NodeOptions = {
  readonly path: string
  readonly tools?: readonly Tool[]
  readonly http?: Partial<ServeHttpOptions>
  readonly store?: StoreOptions
  readonly settings?: Partial<McpServerSettings>
  readonly hibernateMs?: number
  /** Certificates for connections between servers. */
  readonly tls?: PeerTls
}

type StartedNode = {
  readonly url: string
  readonly peerPort: number
  readonly errors: readonly Error[]
  readonly store: SharedStore
  readonly drain: HttpServing['drain']
} & AsyncDisposable

/**
 * Starts a server of a fleet in this process, over an SQLite file, until the test ends. Another process can take a free port before the
 * server listens on it; then it takes the next one.
 */
export async function startNode(options: NodeOptions): Promise<StartedNode> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startAt(await freePort(), options)
    } catch (error) {
      if (attempt === 5 || !String(error).includes('EADDRINUSE')) throw error
    }
  }
}

async function startAt(port: number, options: NodeOptions): Promise<StartedNode> {
  const { path, tools = [], http = {}, settings = {}, hibernateMs = 600_000, tls = null } = options
  const errors: Error[] = []
  await using stack = new AsyncDisposableStack()
  const address = `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}`
  const store = stack.use(sqliteStore(path, { address, onReport: () => undefined, ...options.store }))
  const server = stack.use(createMcpServer({ tools, hosts: sharedHosts('in-process'), store, ...settings }))
  const serving = stack.use(
    await serveHttp(server, {
      tokens,
      onError: (error) => errors.push(error),
      fleet: { keys: [fleetKey], peer: { address: '127.0.0.1', port, tls }, hibernateMs },
      ...http,
    }),
  )
  const running = stack.move()
  let disposed: Promise<void> | null = null
  const dispose = (): Promise<void> => (disposed ??= running.disposeAsync())
  onTestFinished(dispose)
  return {
    url: serving.url,
    peerPort: port,
    errors,
    store,
    drain: (times) => serving.drain(times),
    [Symbol.asyncDispose]: dispose,
  }
}

/** Starts several servers over one store. */
export async function startNodes(
  count: number,
  options: Omit<NodeOptions, 'path'> = {},
): Promise<readonly { readonly url: string }[]> {
  const path = join(newFolder(), 'store.db')
  return await Promise.all(Array.from({ length: count }, () => startNode({ ...options, path })))
}

/** Sends each request to the next of several servers, as a load balancer does. */
function balanced(urls: readonly string[], listens: boolean): typeof fetch {
  let at = 0
  return async (_url, init) =>
    init?.method === 'GET' && !listens
      ? new Response(null, { status: 405 })
      : await fetch(urls[at++ % urls.length] ?? '', init)
}

type ConnectOptions = {
  readonly era?: Era
  readonly token?: string
  readonly canAsk?: boolean
  /** Whether a client of the older protocol keeps a stream for notifications open. */
  readonly listens?: boolean
}

export type FleetClient = { readonly client: Client; readonly transport: StreamableHTTPClientTransport }

/** Connects a client to several servers behind a load balancer. */
export async function connectTo(
  urls: readonly string[],
  { era = 'modern', token = tokens[0] ?? '', canAsk = false, listens = true }: ConnectOptions = {},
  prepare: (client: Client) => void = () => undefined,
): Promise<FleetClient> {
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: negotiation(era), capabilities: canAsk ? { elicitation: { form: {} } } : {} },
  )
  prepare(client)
  const transport = new StreamableHTTPClientTransport(new URL(urls[0] ?? ''), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
    fetch: balanced(urls, listens),
  })
  await client.connect(transport)
  onTestFinished(() => client.close())
  return { client, transport }
}

export async function exec(client: Client, code: string): Promise<string> {
  return JSON.stringify(await client.callTool({ name: 'exec', arguments: { code } }))
}

export async function wait(client: Client, cellId: string): Promise<string> {
  return JSON.stringify(await client.callTool({ name: 'wait', arguments: { cell_id: cellId, yield_time_ms: 1000 } }))
}

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** Calls a tool of a server with the newer protocol, without an MCP client. */
export async function call(url: string, name: string, input: object): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokens[0]}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 7,
      method: 'tools/call',
      params: { name, arguments: input, _meta: envelope },
    }),
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
