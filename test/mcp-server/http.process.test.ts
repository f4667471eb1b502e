import { connect as connectSocket } from 'node:net'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { configFolder, filledWithYes, startHttp } from './served.ts'

const first = 'first-token-0123456789'
const second = 'second-token-0123456789'

let config: Awaited<ReturnType<typeof configFolder>>
let server: Awaited<ReturnType<typeof startHttp>>
beforeAll(async () => {
  config = await configFolder()
  const tokens = join(config.folder, 'tokens')
  await writeFile(tokens, `${first}\n${second}\n`)
  server = await startHttp(['--config', config.file, '--token-file', tokens, '--cors', 'https://app.example'])
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await config[Symbol.asyncDispose]()
})

type Era = 'legacy' | 'modern'

async function connect(
  era: Era,
  token: string,
  answer: 'yes' | 'cannot ask' = 'cannot ask',
): Promise<{ client: Client } & AsyncDisposable> {
  const client = new Client(
    { name: 'test', version: '1' },
    {
      versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
      capabilities: answer === 'cannot ask' ? {} : { elicitation: { form: {} } },
    },
  )
  if (answer === 'yes') {
    client.setRequestHandler('elicitation/create', ({ params }) => ({
      action: 'accept',
      content: 'requestedSchema' in params ? filledWithYes(params.requestedSchema) : {},
    }))
  }
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit }))
  return { client, [Symbol.asyncDispose]: () => client.close() }
}

describe.each(['legacy', 'modern'] as const)('codecell serve over HTTP, %s era', (era) => {
  test('a cell is found again by its client, and by no client with another token', async () => {
    await using own = await connect(era, first)
    await using other = await connect(era, second)
    const source = 'await tools.mcp__db__never({})'
    const started = await own.client.callTool({ name: 'exec', arguments: { code: source, yield_time_ms: 1 } })
    const { cell_id: id } = JSON.parse(JSON.stringify(started.structuredContent))
    const wait = { name: 'wait', arguments: { cell_id: id, yield_time_ms: 1 } }
    expect(await other.client.callTool(wait)).toMatchObject({ isError: true, structuredContent: { status: 'failed' } })
    expect(await own.client.callTool(wait)).toMatchObject({ structuredContent: { status: 'running', cell_id: id } })
    const stop = { name: 'wait', arguments: { cell_id: id, terminate: true } }
    expect(await own.client.callTool(stop)).toMatchObject({ structuredContent: { status: 'terminated' } })
  })

  test('asks the person and starts the script once', async () => {
    await using connection = await connect(era, first, 'yes')
    const code = `store("runs", (load("runs") ?? 0) + 1); await tools.mcp__db__drop({}); text("runs " + load("runs")); store("runs", 0)`
    expect(await connection.client.callTool({ name: 'exec', arguments: { code } })).toMatchObject({
      content: [{ type: 'text' }, { type: 'text', text: 'runs 1' }],
    })
  })
})

test('the client of the first SDK runs a program over HTTP', async () => {
  const client = new FirstClient({ name: 'first', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${first}` } }
  const transport = new FirstTransport(new URL(server.url), { requestInit })
  // Its own types do not allow for `exactOptionalPropertyTypes`.
  await Reflect.apply(client.connect.bind(client), undefined, [transport])
  try {
    const result = await client.callTool({ name: 'exec', arguments: { code: 'text(1 + 1)' } })
    expect(result).toMatchObject({ structuredContent: { status: 'completed' }, content: [{}, { text: '2' }] })
  } finally {
    await client.close()
  }
})

describe('what the HTTP face refuses', () => {
  const host = (): string => new URL(server.url).host
  const token = `Authorization: Bearer ${first}`
  const json = 'Content-Type: application/json'

  test.each<[string, () => readonly string[], number]>([
    ['another host name', () => ['POST /mcp HTTP/1.1', 'Host: evil.example', token, json], 403],
    ['the right name at another port', () => ['POST /mcp HTTP/1.1', 'Host: localhost:1', token, json], 403],
    ['a name that only begins so', () => ['POST /mcp HTTP/1.1', `Host: ${host()}.evil.example`, token, json], 403],
    ['two host names', () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, 'Host: evil.example', token, json], 403],
    ['no host name', () => ['POST /mcp HTTP/1.1', token, json], 400],
    [
      'another origin',
      () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, 'Origin: https://evil.example', token, json],
      403,
    ],
    ['the origin null', () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, 'Origin: null', token, json], 403],
    [
      'two origins',
      () => [
        'POST /mcp HTTP/1.1',
        `Host: ${host()}`,
        'Origin: https://app.example',
        'Origin: https://evil.example',
        token,
      ],
      403,
    ],
    [
      'a preflight of another origin',
      () => ['OPTIONS /mcp HTTP/1.1', `Host: ${host()}`, 'Origin: https://evil.example'],
      403,
    ],
    ['a preflight without an origin', () => ['OPTIONS /mcp HTTP/1.1', `Host: ${host()}`], 405],
    ['no token', () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, json], 401],
    ['a wrong token', () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, 'Authorization: Bearer x', json], 401],
    ['two tokens', () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, token, 'Authorization: Bearer x', json], 401],
    [
      'a token as another scheme',
      () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, `Authorization: Basic ${first}`, json],
      401,
    ],
    ['another method', () => ['PUT /mcp HTTP/1.1', `Host: ${host()}`, token], 405],
    ['another path', () => ['POST /mcp/../secret HTTP/1.1', `Host: ${host()}`, token], 404],
    ['an encoded path', () => ['POST /%6dcp HTTP/1.1', `Host: ${host()}`, token], 404],
    ['another content type', () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, token, 'Content-Type: text/plain'], 415],
    [
      'a body that is too long',
      () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, token, json, 'Content-Length: 4194305'],
      413,
    ],
    [
      'two lengths at once',
      () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, token, json, 'Content-Length: 2', 'Transfer-Encoding: chunked'],
      400,
    ],
    ['headers that are too long', () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, `X: ${'x'.repeat(20_000)}`], 431],
    ['a session that nobody has', () => ['GET /mcp HTTP/1.1', `Host: ${host()}`, token, 'Mcp-Session-Id: 1'], 404],
  ])('%s', async (_, lines, status) => {
    const answer = await send(lines())
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).not.toMatch(/evil\.example|access-control|first-token|\/src\/|node_modules/i)
  })

  test('a body that is no JSON', async () => {
    const lines = ['POST /mcp HTTP/1.1', `Host: ${host()}`, token, json, 'Content-Length: 1', 'Connection: close']
    expect(await send(lines, '{')).toMatch(/^HTTP\/1\.1 400 [^]*\r\nThe body is no JSON\r\n/)
  })

  test('nothing of a preflight of the origin that is let in', async () => {
    const lines = ['OPTIONS /mcp HTTP/1.1', `Host: ${host()}`, 'Origin: https://app.example', 'Connection: close']
    const answer = await send(lines)
    expect(answer).toMatch(/^HTTP\/1\.1 204 /)
    expect(answer.toLowerCase()).toContain('access-control-allow-origin: https://app.example')
  })

  test('its tokens are never said', () => {
    expect(server.said()).not.toMatch(/first-token|second-token/)
  })
})

test('without a token file one is made and shown once, and a signal ends it with code 0', async () => {
  const own = await startHttp(['--config', config.file])
  await expect.poll(() => own.said()).toMatch(/\nToken, made for this run: [\w-]{43}\n/)
  expect(await own.end()).toBe(0)
})

/** Sends lines as they are, which no client would, and gives all that comes back. */
async function send(lines: readonly string[], body = ''): Promise<string> {
  const { port } = new URL(server.url)
  return await new Promise((resolve, reject) => {
    let answer = ''
    const socket = connectSocket(Number(port), '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`))
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString()
    })
    socket.once('close', () => resolve(answer))
    socket.once('error', (error) => (answer === '' ? reject(error) : resolve(answer)))
  })
}
