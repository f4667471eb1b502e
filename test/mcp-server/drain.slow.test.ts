import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, test } from 'vitest'
import { CodecellError, type Tool } from '../../src/index.ts'
import { createMcpServer, serveHttp, type HttpServing, type McpServerSettings } from '../../src/mcp-server.ts'
import { sqliteStore } from '../../src/store.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { negotiation, type Era } from './served.ts'

const hosts = sharedHosts('in-process')
const token = '0123456789abcdef'
const long = { timeoutMs: 600_000, yieldMs: 600_000 }

type Served = { readonly http: HttpServing } & AsyncDisposable

async function serve(settings: McpServerSettings): Promise<Served> {
  const cleanups = new AsyncDisposableStack()
  const server = cleanups.use(createMcpServer({ hosts, maxYieldTimeMs: 600_000, ...settings }))
  const http = cleanups.use(await serveHttp(server, { tokens: [token] }))
  return { http, [Symbol.asyncDispose]: () => cleanups.disposeAsync() }
}

async function connect({ http }: Served, era: Era): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: negotiation(era) })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }))
  return client
}

async function call(client: Client, name: string, input: Readonly<Record<string, unknown>>): Promise<string> {
  return JSON.stringify(await client.callTool({ name, arguments: input }, { timeout: 600_000 }))
}

async function exec(client: Client, code: string): Promise<string> {
  return await call(client, 'exec', { code, yield_time_ms: 600_000 })
}

async function probe({ http }: Served, path: string): Promise<string> {
  const response = await fetch(new URL(path, http.url))
  return `${response.status} ${(await response.text()).trim()}`
}

async function initialize({ http }: Served): Promise<Response> {
  return await fetch(http.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
  })
}

describe.each<Era>(['legacy', 'modern'])('the drain of a server, with a client of the %s era,', (era) => {
  test('lets a call in progress end, and serves its client until then', async () => {
    const gate = new Gate()
    await using served = await serve({ tools: [gate.tool] })
    const client = await connect(served, era)
    const running = exec(client, 'text(await tools.gate({ key: "a" }))')
    await gate.called(1)
    const drained = served.http.drain(long)
    expect(await probe(served, '/readyz')).toBe('503 draining')
    expect(await probe(served, '/healthz')).toBe('200 alive')
    expect(await exec(client, 'text("also " + "served")')).toContain('also served')
    gate.open('the result')
    expect(await running).toContain('the result')
    await drained
    await expect(probe(served, '/healthz')).rejects.toThrow('fetch failed')
    await client.close()
  })

  test('terminates the programs of a session in memory when the time is over, with a response', async () => {
    const gate = new Gate()
    await using served = await serve({ tools: [gate.tool] })
    const client = await connect(served, era)
    const running = exec(client, 'text("before"); await tools.gate({})')
    await gate.called(1)
    await served.http.drain({ timeoutMs: 50, yieldMs: 0 })
    expect(await running).toContain('Script terminated')
    await client.close()
  })

  test('ends at once when no call is in progress, although the client listens to notifications', async () => {
    await using served = await serve({ tools: [] })
    const client = await connect(served, era)
    expect(await exec(client, 'text(1)')).toContain('completed')
    await served.http.drain(long)
    await client.close()
  })
})

describe.each<[string, () => Pick<McpServerSettings, 'storage' | 'store'>]>([
  ['folder', () => ({ storage: newFolder() })],
  ['shared store', () => ({ store: sqliteStore(join(newFolder(), 'sessions.db')) })],
])('the drain of a server with sessions in a %s', (_, newLocation) => {
  test('makes programs yield, waits for their calls, and the next server resumes them', async () => {
    const location = newLocation()
    const gate = new Gate()
    const settings = { tools: [gate.tool], ...location }
    const first = await serve(settings)
    const client = await connect(first, 'modern')
    const running = exec(client, 'text("before"); text(await tools.gate({ key: "a" })); await tools.gate({ key: "b" })')
    await gate.called(1)
    const drained = first.http.drain({ timeoutMs: 600_000, yieldMs: 0 })
    const yielded = await running
    expect(yielded).toMatch(/Script running with cell ID 1[^]*before/)
    gate.open('late result', 'a')
    await drained
    await client.close()
    await first[Symbol.asyncDispose]()
    await using second = await serve(settings)
    const later = await connect(second, 'modern')
    const waiting = call(later, 'wait', { cell_id: '1', yield_time_ms: 600_000 })
    await gate.called(2)
    gate.open('b', 'b')
    expect(await waiting).toMatch(/Script completed[^]*late result/)
    expect(gate.keys).toEqual(['a', 'b'])
    await later.close()
    await location.store?.[Symbol.asyncDispose]()
  })

  test('makes a program that computes yield when the time is over, and closes the session', async () => {
    const location = newLocation()
    const gate = new Gate()
    await using served = await serve({ tools: [gate.tool], ...location })
    const client = await connect(served, 'modern')
    const running = exec(client, 'await tools.gate({}); for (;;) await null')
    await gate.called(1)
    gate.open(null)
    await served.http.drain({ timeoutMs: 200 })
    expect(await running).toMatch(/Script running with cell ID 1/)
    await client.close()
    await served[Symbol.asyncDispose]()
    await location.store?.[Symbol.asyncDispose]()
  })
})

test('a server that drains refuses new clients, so that a load balancer sends them elsewhere', async () => {
  const gate = new Gate()
  await using served = await serve({ tools: [gate.tool] })
  const client = await connect(served, 'legacy')
  const running = exec(client, 'await tools.gate({})')
  await gate.called(1)
  const drained = served.http.drain(long)
  const refused = await initialize(served)
  expect([refused.status, await refused.text()]).toEqual([503, 'The server is shutting down'])
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(refused.headers.get('connection')).toBe('close')
  const unknown = await fetch(served.http.url, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}`, 'mcp-session-id': 'unknown' },
  })
  // With 404, the client would give up a session that another node has.
  expect([unknown.status, await unknown.text()]).toEqual([503, 'The server is shutting down'])
  gate.open(null)
  await running
  await drained
  await client.close()
})

test('the drain waits for a tool that the client called itself', async () => {
  const gate = new Gate()
  const tool: Tool = { ...gate.tool, allowedCallers: ['direct'] }
  await using served = await serve({ tools: [tool], storage: newFolder() })
  const client = await connect(served, 'modern')
  const running = call(client, 'gate', {})
  await gate.called(1)
  const drained = served.http.drain({ timeoutMs: 600_000, yieldMs: 0 })
  expect(await probe(served, '/readyz')).toBe('503 draining')
  gate.open('direct result')
  expect(await running).toContain('direct result')
  await drained
  await client.close()
})

test.each([
  { timeoutMs: -1 },
  { timeoutMs: 0.5 },
  { timeoutMs: 2 ** 31 },
  { timeoutMs: 10, yieldMs: 11 },
  { yield: 1 },
])('drain refuses %j, and the server keeps serving', async (options) => {
  await using served = await serve({ tools: [] })
  const drain = async (): Promise<unknown> =>
    await Reflect.apply(served.http.drain.bind(served.http), undefined, [options])
  await expect(drain()).rejects.toThrow(CodecellError)
  expect(await probe(served, '/readyz')).toBe('200 ready')
})
