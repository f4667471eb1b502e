import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates, type Server } from 'node:tls'
import { expect, test } from 'vitest'
import { callContext } from '../../../test/fixtures/call-context.ts'
import { makeCertificates, type Certificates } from '../../../test/fixtures/certificates.ts'
import { scriptedServer } from '../../../test/fixtures/scripted-config.ts'
import { ScriptedHttpServer, type HttpReply } from '../../../test/fixtures/scripted-http-server.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'
import { createSession, type CodecellError } from '../../index.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import { connectMcpServers, type McpServers } from './mcp-servers.ts'

const rpcError = '{"jsonrpc":"2.0","id":$ID,"error":{"code":-32602,"message":"no row","data":{"row":4}}}'

async function reply(servers: McpServers, input: unknown): Promise<unknown> {
  const tool = servers.tools.find(({ name }) => name === 'reply')
  return await tool?.call(input, callContext())
}

/** Calls `reply` from a program. Returns the state of the ledger and the text that the program catches. */
async function callInCell(
  servers: McpServers,
  input: unknown,
  limits: { readonly toolTimeoutMs?: number } = {},
): Promise<readonly [string | undefined, string]> {
  await using session = await createSession({ hosts: sharedHosts('default'), tools: servers.tools, limits })
  const source = `try { text(JSON.stringify(await tools.mcp__s__reply(${JSON.stringify(input)}))) } catch (error) { text(String(error)) }`
  const outcome = await session.execute(source)
  const [entry] = session.ledger(outcome.cellId)
  return [entry?.state, JSON.stringify(outcome)]
}

function web(type: 'http' | 'sse', port: number): McpServerConfig {
  return { type, name: 's', url: `http://127.0.0.1:${port}/mcp`, headers: {} }
}

test.for<readonly [HttpReply, 'failed' | 'unknown', RegExp]>([
  [
    { status: 302, headers: { location: 'https://elsewhere.example/mcp' }, body: '' },
    'failed',
    /HTTP 302 .*elsewhere\.example/,
  ],
  [{ status: 400, body: 'no' }, 'failed', /HTTP 400 Bad Request: no/],
  [{ status: 401, body: 'no' }, 'failed', /HTTP 401/],
  [{ status: 403, body: 'no' }, 'failed', /HTTP 403/],
  [{ status: 404, body: 'no' }, 'failed', /HTTP 404/],
  [{ status: 405, body: 'no' }, 'failed', /HTTP 405/],
  [{ status: 408, body: 'no' }, 'unknown', /HTTP 408/],
  [{ status: 409, body: 'no' }, 'failed', /HTTP 409/],
  [{ status: 413, body: 'no' }, 'failed', /HTTP 413/],
  [{ status: 422, body: rpcError }, 'failed', /HTTP 422 Unprocessable Entity: no row; code -32602; data: .*row.*4/],
  [
    { status: 429, headers: { 'retry-after': '30' }, body: 'no' },
    'failed',
    /HTTP 429 Too Many Requests; retry-after: 30: no/,
  ],
  [{ status: 500, body: 'no' }, 'unknown', /HTTP 500 Internal Server Error: no/],
  [{ status: 500, body: rpcError }, 'failed', /HTTP 500 Internal Server Error: no row/],
  [{ status: 501, body: 'no' }, 'failed', /HTTP 501/],
  [{ status: 502, body: '<html>' }, 'unknown', /HTTP 502/],
  [{ status: 503, body: '{"error":{"message":"busy"}}' }, 'unknown', /HTTP 503/],
  [{ status: 503, body: rpcError }, 'failed', /HTTP 503/],
  [{ status: 504, body: '' }, 'unknown', /HTTP 504 Gateway Timeout/],
  [{ status: 524, body: '' }, 'unknown', /HTTP 524/],
])('a call with the HTTP response %j is %s in the ledger, over both transports', async ([input, state, text]) => {
  for (const type of ['http', 'sse'] as const) {
    await using http = new ScriptedHttpServer({ isSse: type === 'sse' })
    await using servers = await connectMcpServers([web(type, await http.listen())])
    const [found, output] = await callInCell(servers, input)
    expect([type, found]).toEqual([type, state])
    if (type === 'http' || input.status !== 302) expect(output).toMatch(text)
  }
})

const error = rpcError.replace(',"data":{"row":4}', '')
const isError = '{"id":$ID,"result":{"content":[{"type":"text","text":"no row"}],"isError":true}}'
const fine = '{"id":$ID,"result":{"content":[{"type":"text","text":"fine"}]}}'

test.for<readonly [string, string, 'failed' | 'applied', RegExp]>([
  ['an error of JSON-RPC', error, 'failed', /no row; code -32602/],
  ['isError', isError, 'failed', /no row/],
  ['isError as a string', isError.replace('true', '"true"'), 'failed', /no row/],
  ['a result', fine, 'applied', /fine/],
])('a call that returns %s has the same ledger state over all transports', async ([, body, state, text]) => {
  await using http = new ScriptedHttpServer()
  await using sse = new ScriptedHttpServer({ isSse: true })
  const configs = [web('http', await http.listen()), web('sse', await sse.listen()), scriptedServer()]
  for (const config of configs) {
    await using servers = await connectMcpServers([config])
    const [found, output] = await callInCell(servers, config.type === 'stdio' ? { lines: [body] } : { body })
    expect([config.type, found]).toEqual([config.type, state])
    expect(output).toMatch(text)
  }
})

test.for([['http'], ['sse'], ['stdio']] as const)(
  'a call over %s that times out, or whose connection is cut, is unknown, and one that cannot be sent is failed',
  async ([type]) => {
    await using http = new ScriptedHttpServer({ isSse: type === 'sse' })
    const config = type === 'stdio' ? scriptedServer() : web(type, await http.listen())
    await using servers = await connectMcpServers([config], { toolTimeoutMs: 200, restartDelayMs: 60_000 })
    const waits =
      type === 'stdio'
        ? { lines: [] }
        : { headers: { 'content-type': 'text/event-stream' }, endless: true, status: type === 'sse' ? 202 : 200 }
    expect(await callInCell(servers, waits)).toEqual(['unknown', expect.stringContaining('timed out')])
    await using slow = await connectMcpServers([config], { restartDelayMs: 60_000 })
    // The session has its own timeout.
    expect((await callInCell(slow, waits, { toolTimeoutMs: 200 }))[0]).toBe('unknown')
    const cut = callInCell(slow, type === 'stdio' ? { lines: [], exit: 9 } : waits)
    if (type !== 'stdio') {
      await expect.poll(() => http.received.filter((method) => method === 'tools/call').length).toBe(3)
      await http[Symbol.asyncDispose]()
    }
    expect((await cut)[0]).toBe('unknown')
    expect((await callInCell(slow, waits))[0]).toBe('failed')
  },
)

test('the error of a call has the parts of the response as details', async () => {
  await using http = new ScriptedHttpServer()
  await using servers = await connectMcpServers([web('http', await http.listen())])
  const detailsOf = async (input: HttpReply): Promise<unknown> =>
    await reply(servers, input).catch((thrown: CodecellError) => thrown.details)
  const date = new Date(Date.now() + 60_000).toUTCString()
  expect(await detailsOf({ status: 429, headers: { 'retry-after': '7' }, body: '' })).toEqual({
    status: 429,
    retryAfterMs: 7000,
  })
  expect(await detailsOf({ status: 503, headers: { 'retry-after': date }, body: rpcError })).toEqual({
    status: 503,
    retryAfterMs: expect.closeTo(60_000, -4),
    rpcCode: -32602,
    data: { row: 4 },
  })
  expect(await detailsOf({ body: rpcError })).toEqual({ rpcCode: -32602, data: { row: 4 } })
  expect(await detailsOf({ body: '{"id":$ID,"error":{"message":"no"}}' })).toBeNull()
  const long = JSON.stringify({ id: 0, error: { code: 1, message: 'no', data: 'x'.repeat(100_000) } }).replace(
    '0',
    '$ID',
  )
  expect(await detailsOf({ body: long })).toEqual({ rpcCode: 1, data: expect.stringMatching(/^"x{65535}$/) })
})

test('texts of a server in an error are bounded and have no invisible characters', async () => {
  await using servers = await connectMcpServers([scriptedServer()])
  const message = `\u001B[31mred\u202E ${'x'.repeat(5000)}`
  const line = JSON.stringify({ id: '$ID', error: { code: 1, message, data: '\u0007bell' } })
  const [, output] = await callInCell(servers, { lines: [line] })
  expect(output).toContain(String.raw`\\u{1b}[31mred\\u{202e} xxx`)
  expect(output).toContain(String.raw`; code 1; data: \\u{7}bell`)
  expect(output.length).toBeLessThan(1500)
})

/** Starts a TLS server whose connections go to a port. `sockets` receives its connections. */
async function secured(port: number, { serverKey, serverCert }: Certificates, sockets: Set<Socket>): Promise<Server> {
  const server = createTlsServer({ key: serverKey, cert: serverCert }, (socket) => {
    const plain = connect(port, '127.0.0.1')
    for (const end of [socket, plain]) end.on('error', () => undefined)
    socket.pipe(plain).pipe(socket)
    sockets.add(socket)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return server
}

test('a server whose certificate becomes invalid is not called, and the ledger says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'codecell-certificates-'))
  const trusted = getCACertificates('default')
  await using http = new ScriptedHttpServer()
  const certificates = makeCertificates(folder)
  const sockets = new Set<Socket>()
  await using server = await secured(await http.listen(), certificates, sockets)
  try {
    setDefaultCACertificates([...trusted, certificates.ca])
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const config: McpServerConfig = { type: 'http', name: 's', url: `https://127.0.0.1:${port}/mcp`, headers: {} }
    await using servers = await connectMcpServers([config], { restartDelayMs: 60_000 })
    expect(servers.failures).toEqual([])
    const body = '{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}'
    expect((await callInCell(servers, { body }))[0]).toBe('applied')
    const calls = http.received.filter((method) => method === 'tools/call').length
    // The authority of the new certificate is unknown.
    const { serverKey, serverCert } = makeCertificates(folder)
    server.setSecureContext({ key: serverKey, cert: serverCert })
    for (const socket of sockets) socket.destroy()
    await expect
      .poll(() => callInCell(servers, { body }))
      .toEqual(['failed', expect.stringMatching(/cannot be reached: .*certificate/)])
    expect(servers.status).toMatchObject([{ state: 'lost', reason: expect.stringContaining('certificate') }])
    expect(http.received.filter((method) => method === 'tools/call').length).toBe(calls)
  } finally {
    setDefaultCACertificates(trusted)
    await rm(folder, { recursive: true })
  }
})
