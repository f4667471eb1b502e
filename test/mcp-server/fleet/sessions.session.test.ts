import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSessions } from '../../../src/index.ts'
import { sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { filledWithApproval, type Era } from '../served.ts'
import { connectTo, exec, startNode, startNodes, tokens, wait, type NodeOptions } from './fleet.ts'

const accept = 'application/json, text/event-stream'

async function request(
  url: string,
  {
    headers: own,
    ...init
  }: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const headers = {
    authorization: `Bearer ${tokens[0]}`,
    accept,
    'mcp-protocol-version': '2025-06-18',
    ...own,
  }
  return await fetch(url, { ...init, headers })
}

function post(
  url: string,
  message: object,
  headers: Readonly<Record<string, string>> = {},
  signal: AbortSignal | null = null,
): Promise<Response> {
  return request(url, {
    signal,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
  })
}

async function initialize(url: string): Promise<string> {
  const clientInfo = { name: 'raw', version: '1' }
  const response = await post(url, {
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo },
  })
  await response.text()
  return response.headers.get('mcp-session-id') ?? ''
}

async function ping(url: string, id: string, token = tokens[0]): Promise<number> {
  const response = await post(url, { method: 'ping' }, { 'mcp-session-id': id, authorization: `Bearer ${token}` })
  await response.text()
  return response.status
}

describe('the MCP session of a client', () => {
  test('is accepted by every server, for its token only', async () => {
    const nodes = await startNodes(3)
    const id = await initialize(nodes[0]?.url ?? '')
    for (const { url } of nodes) {
      expect(await ping(url, id)).toBe(200)
      expect(await ping(url, id, tokens[1])).toBe(404)
    }
  })

  test.each<[string, (id: string) => string]>([
    ['with another signature', (id) => id.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    ['without a signature', (id) => id.replace(/\..*/, '')],
    ['of another session', (id) => id.replace(/^mcp-./, (start) => (start === 'mcp-0' ? 'mcp-1' : 'mcp-0'))],
    ['with more after it', (id) => `${id}A`],
    ['that names the session of a token', () => 'token-0123456789.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['that is empty', () => ' '],
  ])('is not reached by an id %s', async (_, change) => {
    const [node] = await startNodes(1)
    const id = await initialize(node?.url ?? '')
    expect(await ping(node?.url ?? '', change(id))).toBe(404)
  })

  test('ends everywhere when its client deletes it', async () => {
    const gate = new Gate()
    const path = join(newFolder(), 'store.db')
    const first = await startNode({ path, tools: [gate.tool] })
    const second = await startNode({ path, tools: [gate.tool] })
    const { client, transport } = await connectTo([first.url, second.url], { era: 'legacy' })
    expect(await exec(client, 'yield_control(); await tools.gate({})')).toContain('cell ID 1')
    const id = transport.sessionId ?? ''
    const deleted = await request(second.url, { method: 'DELETE', headers: { 'mcp-session-id': id } })
    expect(deleted.status).toBe(200)
    expect([await ping(first.url, id), await ping(second.url, id)]).toEqual([404, 404])
    await using store = sqliteStore(path)
    expect(await readSessions({ store })).toEqual([])
  })

  test('continues on another server with what the client said at initialize', async () => {
    const path = join(newFolder(), 'store.db')
    const calls: unknown[] = []
    const drop = { name: 'drop', annotations: { destructiveHint: true }, call: (input: unknown) => calls.push(input) }
    const options: NodeOptions = { path, tools: [drop] }
    const forms: string[] = []
    const urls: string[] = []
    const first = await startNode(options)
    urls.push(first.url)
    const { client } = await connectTo(urls, { era: 'legacy', canAsk: true }, (each) =>
      each.setRequestHandler('elicitation/create', ({ params }) => {
        forms.push(params.message)
        return {
          action: 'accept',
          content: 'requestedSchema' in params ? filledWithApproval(params.requestedSchema) : {},
        }
      }),
    )
    expect(await exec(client, 'store("n", 1); await tools.drop({}); text("one")')).toContain('one')
    const second = await startNode(options)
    urls.splice(0, 1, second.url)
    await first[Symbol.asyncDispose]()
    expect(await exec(client, 'await tools.drop({}); text(`two ${load("n")}`)')).toContain('two 1')
    expect([calls, forms]).toMatchObject([{ length: 2 }, { length: 2 }])
  })
})

test('the user is asked again when the server that sent a form has ended', async () => {
  const path = join(newFolder(), 'store.db')
  const calls: unknown[] = []
  const drop = { name: 'drop', annotations: { destructiveHint: true }, call: (input: unknown) => calls.push(input) }
  const options: NodeOptions = { path, tools: [drop] }
  const first = await startNode(options)
  const urls = [first.url]
  const forms: string[] = []
  const { client } = await connectTo(urls, { canAsk: true }, (each) =>
    each.setRequestHandler('elicitation/create', async ({ params: form }) => {
      forms.push(form.message)
      if (forms.length === 1) {
        urls.splice(0, 1, (await startNode(options)).url)
        await first[Symbol.asyncDispose]()
      }
      return { action: 'accept', content: 'requestedSchema' in form ? filledWithApproval(form.requestedSchema) : {} }
    }),
  )
  expect(await exec(client, 'await tools.drop({ n: 1 }); text("dropped")')).toContain('dropped')
  expect(calls).toEqual([{ n: 1 }])
  expect(forms).toEqual([forms[0], forms[0]])
})

test('a server whose store is away refuses requests for sessions that it does not have open, for a while', async () => {
  const node = await startNode({ path: join(newFolder(), 'store.db') })
  const headers = { 'mcp-session-id': await initialize(node.url) }
  expect((await request(node.url, { method: 'DELETE', headers })).status).toBe(200)
  await node.store[Symbol.asyncDispose]()
  const response = await post(node.url, { method: 'ping' }, headers)
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
})

const params = { name: 'exec', arguments: { code: 'text("before"); text(await tools.gate({}))' } }

/** Starts a program, disconnects before its response, and returns a function that makes the next `wait`. */
const disconnects: Readonly<Record<Era, (urls: readonly string[], gate: Gate) => Promise<() => Promise<string>>>> = {
  modern: async (urls, gate) => {
    const { client } = await connectTo(urls)
    const end = new AbortController()
    const response = client.callTool(params, { signal: end.signal }).catch(() => 'aborted')
    await gate.called(1)
    end.abort()
    expect(await response).toBe('aborted')
    return () => wait(client, '1')
  },
  legacy: async (urls, gate) => {
    const id = await initialize(urls[0] ?? '')
    const headers = { 'mcp-session-id': id }
    const end = new AbortController()
    const started = post(urls[1] ?? '', { method: 'tools/call', params }, headers, end.signal)
    const response = started.then((each) => each.text()).catch(() => 'aborted')
    await gate.called(1)
    end.abort()
    expect(await response).toBe('aborted')
    const waiting = { method: 'tools/call', params: { name: 'wait', arguments: { cell_id: '1', yield_time_ms: 1 } } }
    return async () => await (await post(urls[0] ?? '', waiting, headers)).text()
  },
}

describe.each(['legacy', 'modern'] as const)('a program whose client of the %s era disconnects', (era) => {
  test('keeps running, and its output waits for the next request', async () => {
    const gate = new Gate()
    const nodes = await startNodes(2, { tools: [gate.tool], settings: { waitPolicy: 'exact' } })
    const next = await disconnects[era](
      nodes.map(({ url }) => url),
      gate,
    )
    // The owner learns of the end of the connection from the other server.
    await expect.poll(next, { timeout: 20_000 }).toContain('before')
    gate.open('opened')
    await expect.poll(next, { timeout: 20_000 }).toContain('opened')
  })
})

describe('a server of a fleet', () => {
  test('refuses requests for other servers on its port for clients, and those of clients on its port for servers', async () => {
    const path = join(newFolder(), 'store.db')
    const node = await startNode({ path })
    const peer = `http://127.0.0.1:${node.peerPort}/mcp`
    const id = await initialize(node.url)
    expect((await post(peer, { method: 'ping' }, { 'mcp-session-id': id })).status).toBe(403)
    const hop = { 'codecell-hop': '1' }
    expect((await post(peer, { method: 'ping' }, { ...hop, 'mcp-session-id': id })).status).toBe(200)
    expect(
      (await post(peer, { method: 'ping' }, { ...hop, authorization: 'Bearer x', 'mcp-session-id': id })).status,
    ).toBe(401)
    // The header means nothing on the port for clients: the server opens the session.
    expect((await post(node.url, { method: 'ping' }, { ...hop, 'mcp-session-id': id })).status).toBe(200)
  })

  test('does not open a session for another server', async () => {
    const path = join(newFolder(), 'store.db')
    const first = await startNode({ path })
    const second = await startNode({ path })
    const id = await initialize(first.url)
    await first[Symbol.asyncDispose]()
    const peer = `http://127.0.0.1:${second.peerPort}/mcp`
    const headers = { 'codecell-hop': '1', 'mcp-session-id': id }
    expect((await post(peer, { method: 'ping' }, headers)).status).toBe(421)
    expect(await ping(second.url, id)).toBe(200)
    expect((await post(peer, { method: 'ping' }, headers)).status).toBe(200)
  })

  test('opens a session once for concurrent requests at several servers', async () => {
    const nodes = await startNodes(3)
    const { client: one } = await connectTo(nodes.map(({ url }) => url))
    const codes = Array.from({ length: 9 }, (_, n) => `store("n${n}", 1); text("done")`)
    const results = await Promise.all(codes.map((code) => exec(one, code)))
    expect(results.filter((result) => result.includes('done'))).toHaveLength(9)
    expect(await exec(one, 'text(Array.from({ length: 9 }, (_, n) => load(`n${n}`)).join(""))')).toContain('111111111')
  })
})
