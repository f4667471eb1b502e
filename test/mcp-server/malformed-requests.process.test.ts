import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHttp } from './served.ts'
import { serveCommand } from './stdio-client.ts'

/** A response, or the responses to a batch. */
type RpcResponse = { readonly id?: unknown; readonly error?: { readonly code: number; readonly message: string } }

const { command, args, env } = serveCommand([])
let child: ChildProcessByStdio<Writable, Readable, null>
let responses: AsyncIterator<string>
let http: Awaited<ReturnType<typeof startHttp>>
let session = ''

const opening = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
}

beforeAll(async () => {
  child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] })
  responses = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  http = await startHttp(['--no-token'])
})
afterAll(async () => {
  child.stdin.end()
  await http[Symbol.asyncDispose]()
})

/** Sends a line, and returns the next response. */
async function overStdio(line: string): Promise<RpcResponse> {
  child.stdin.write(`${line}\n`)
  const { value } = await responses.next()
  return JSON.parse(String(value))
}

async function overHttp(body: string): Promise<RpcResponse> {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(session === '' ? {} : { 'mcp-session-id': session }),
  }
  const response = await fetch(http.url, { method: 'POST', headers, body })
  session = response.headers.get('mcp-session-id') ?? session
  const text = await response.text()
  return JSON.parse(/^data: (\{.*)$/m.exec(text)?.[1] ?? text)
}

const wrongParams = ['[]', '[1]', '"x"', '5', 'true', '{"_meta":5}', '{"_meta":[]}']
const methods = [
  'tools/call',
  'tools/list',
  'ping',
  'resources/read',
  'prompts/list',
  'logging/setLevel',
  'no/such',
  '',
]

async function checkRequests(send: (text: string) => Promise<RpcResponse>): Promise<void> {
  let id = 100
  for (const method of ['initialize', ...methods]) {
    for (const params of wrongParams) {
      const text = `{"jsonrpc":"2.0","id":${++id},"method":${JSON.stringify(method)},"params":${params}}`
      expect([text, await send(text)]).toMatchObject([text, { id, error: { code: -32602 } }])
    }
  }
}

async function checkMembers(send: (text: string) => Promise<RpcResponse>): Promise<void> {
  let id = 300
  const requests: readonly (readonly [string, object])[] = [
    ['tools/call', {}],
    ['tools/call', { name: 5 }],
    ['tools/call', { name: null }],
    ['tools/call', { name: 'exec', arguments: [] }],
    ['tools/call', { name: 'exec', arguments: 'text(1)' }],
    ['tools/call', { name: 'no-such-tool' }],
    ['tools/list', { cursor: 5 }],
    ['resources/read', {}],
    ['resources/read', { uri: 5 }],
    ['resources/list', { cursor: {} }],
    ['prompts/list', { cursor: [] }],
    ['initialize', {}],
    ['initialize', { ...opening, protocolVersion: 5 }],
    ['initialize', { ...opening, capabilities: [] }],
    ['initialize', { ...opening, clientInfo: 'raw' }],
  ]
  for (const [method, params] of requests) {
    const text = JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params })
    expect([text, await send(text)]).toMatchObject([text, { id, error: { code: -32602 } }])
  }
  for (const params of ['null', '{"_meta":null}', '{}', '{"cursor":null}']) {
    const text = `{"jsonrpc":"2.0","id":${++id},"method":"tools/list","params":${params}}`
    expect([text, await send(text)]).toMatchObject([text, { id, result: { tools: [{}, {}] } }])
  }
  const nulls = { yield_time_ms: null, max_tokens: null, terminate: null, cell_ids: null }
  const wait = { name: 'wait', arguments: { cell_id: 'no-such-cell', ...nulls } }
  const waited = await send(JSON.stringify({ jsonrpc: '2.0', id: ++id, method: 'tools/call', params: wait }))
  expect(JSON.stringify(waited)).toContain('no-such-cell')
  expect(JSON.stringify(waited)).not.toContain('invalid type')
  for (const given of ['null', '{"code":null}', '{}']) {
    const text = `{"jsonrpc":"2.0","id":${++id},"method":"tools/call","params":{"name":"exec","arguments":${given}}}`
    expect([text, await send(text)]).toMatchObject([text, { id, result: { isError: true } }])
  }
}

test('requests on standard input with params of a wrong kind get an error, before and after initialize', async () => {
  await checkRequests(overStdio)
  const opened = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: opening })
  expect(await overStdio(opened)).toMatchObject({ id: 1, result: { protocolVersion: '2025-06-18' } })
  await checkRequests(overStdio)
  await checkMembers(overStdio)
})

test('requests over HTTP with params of a wrong kind get an error, before and after initialize', async () => {
  await checkRequests(overHttp)
  const opened = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: opening })
  expect(await overHttp(opened)).toMatchObject({ id: 1, result: { protocolVersion: '2025-06-18' } })
  await checkRequests(overHttp)
  await checkMembers(overHttp)
})

test('a byte order mark before a message is skipped, on standard input and over HTTP', async () => {
  const ping = '\uFEFF{"jsonrpc":"2.0","id":"marked","method":"ping"}'
  expect(await overStdio(ping)).toMatchObject({ id: 'marked', result: {} })
  expect(await overHttp(ping)).toMatchObject({ id: 'marked', result: {} })
})

test.each([
  ['not JSON', null, -32700],
  ['[]', null, -32600],
  ['5', null, -32600],
  ['{}', null, -32600],
  ['{"jsonrpc":"2.0","id":null,"method":"ping"}', null, -32600],
  ['{"jsonrpc":"2.0","id":{},"method":"ping"}', null, -32600],
  ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', null, -32600],
  ['{"jsonrpc":"2.0","id":7,"method":5}', 7, -32600],
  ['{"jsonrpc":"2.0","id":7}', 7, -32600],
  ['{"jsonrpc":"1.0","id":7,"method":"ping"}', 7, -32600],
  ['{"id":"a","method":"ping"}', 'a', -32600],
])('the message %s gets an error, and the connection continues', async (line, id, code) => {
  for (const send of [overStdio, overHttp]) {
    expect(await send(line)).toMatchObject({ id, error: { code } })
    expect(await send('{"jsonrpc":"2.0","id":9,"method":"ping"}')).toEqual({ jsonrpc: '2.0', id: 9, result: {} })
  }
})

const [ping, wrong] = [
  '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  '{"jsonrpc":"2.0","id":2,"method":"ping","params":5}',
]
const dropped = '{"jsonrpc":"2.0","method":"no/such","params":"x"}'
test.each([
  [
    `[${ping},${wrong}]`,
    [
      { id: 1, error: { code: -32600 } },
      { id: 2, error: { code: -32602 } },
    ],
  ],
  [`[${ping},5,{"id":7}]`, [{ id: 1 }, { id: null, error: { code: -32600 } }, { id: 7, error: { code: -32600 } }]],
  [`[${dropped},${wrong}]`, [{ id: 2, error: { code: -32602 } }]],
  [`[${dropped}]`, { id: null, error: { code: -32600 } }],
  [dropped, { id: null, error: { code: -32600 } }],
  ['{"jsonrpc":"2.0","id":1,"result":null}', { id: null, error: { code: -32600 } }],
])('the messages %s over HTTP are not processed, and each request gets an error', async (body, expected) => {
  expect(await overHttp(body)).toMatchObject(expected)
})

test('a batch over HTTP is processed without its notifications that are not valid', async () => {
  const empty = '{"jsonrpc":"2.0","id":1,"method":"ping","params":null}'
  expect(await overHttp(`[${dropped},${empty}]`)).toEqual({ jsonrpc: '2.0', id: 1, result: {} })
})

test.each([
  '{"jsonrpc":"2.0","method":"notifications/initialized","params":[]}',
  '{"jsonrpc":"2.0","method":"notifications/cancelled","params":5}',
  '{"jsonrpc":"2.0","method":"no/such","params":"x"}',
  '{"jsonrpc":"2.0","id":1,"result":null}',
  '{"jsonrpc":"2.0","id":1,"error":"no"}',
  '',
])('the notification or response %s gets no response, and the connection continues', async (line) => {
  expect(await overStdio(`${line}\n{"jsonrpc":"2.0","id":9,"method":"ping"}`)).toMatchObject({ id: 9, result: {} })
})
