import { writeFile } from 'node:fs/promises'
import { connect as connectSocket } from 'node:net'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configFolder, filledWithApproval, fixtureServer, negotiation, startHttp, type Era } from './served.ts'

const first = 'first-token-0123456789'
const second = 'second-token-0123456789'
const eras: readonly Era[] = ['legacy', 'modern']

let config: Awaited<ReturnType<typeof configFolder>>
let server: Awaited<ReturnType<typeof startHttp>>
beforeAll(async () => {
  const settings = { tools: { number: { approve: true } } }
  config = await configFolder({ db: fixtureServer('hinted-mcp-server.ts', [], settings) })
  const tokens = join(config.folder, 'tokens')
  await writeFile(tokens, `${first}\n${second}\n`)
  const args = ['--config', config.file, '--token-file', tokens, '--cors', 'https://app.example', '--passthrough']
  server = await startHttp(args)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await config[Symbol.asyncDispose]()
})

async function connect(
  era: Era,
  token: string,
  answer: 'yes' | 'cannot ask' = 'cannot ask',
): Promise<{ client: Client } & AsyncDisposable> {
  const client = new Client(
    { name: 'test', version: '1' },
    {
      versionNegotiation: negotiation(era),
      capabilities: answer === 'cannot ask' ? {} : { elicitation: { form: {} } },
    },
  )
  if (answer === 'yes') {
    client.setRequestHandler('elicitation/create', ({ params }) => ({
      action: 'accept',
      content: 'requestedSchema' in params ? filledWithApproval(params.requestedSchema) : {},
    }))
  }
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit }))
  return { client, [Symbol.asyncDispose]: () => client.close() }
}

describe.each(eras)('codecell serve --http, with a client of the %s era,', (era) => {
  test('shows a cell to the client that started it, but not to clients with other tokens', async () => {
    await using own = await connect(era, first)
    await using other = await connect(era, second)
    const source = 'await tools.mcp__db__never({})'
    const started = await own.client.callTool({ name: 'exec', arguments: { code: source, yield_time_ms: 1 } })
    const { cell_id: id } = JSON.parse(JSON.stringify(started.structuredContent))
    const stop = { name: 'wait', arguments: { cell_id: id, terminate: true } }
    expect(await other.client.callTool(stop)).toMatchObject({ isError: true, structuredContent: { status: 'failed' } })
    expect(await own.client.callTool(stop)).toMatchObject({ structuredContent: { status: 'terminated' } })
  })

  test('asks the user and runs the script once', async () => {
    await using connection = await connect(era, first, 'yes')
    const code = `store("runs", (load("runs") ?? 0) + 1); await tools.mcp__db__drop({}); text("runs " + load("runs")); store("runs", 0)`
    expect(await connection.client.callTool({ name: 'exec', arguments: { code } })).toMatchObject({
      content: [{ type: 'text' }, { type: 'text', text: 'runs 1' }],
    })
  })

  test('makes the destructive calls of a client that cannot ask', async () => {
    await using connection = await connect(era, first)
    const code = 'text((await tools.mcp__db__drop({})).content[0].text)'
    expect(await connection.client.callTool({ name: 'exec', arguments: { code } })).toMatchObject({
      content: [{ type: 'text' }, { type: 'text', text: expect.stringMatching(/^dropped \d+$/) }],
    })
  })

  test('fails the call of a tool that needs an approval when the client cannot ask', async () => {
    await using connection = await connect(era, first)
    const text = 'tool mcp__db__number needs an approval, and this MCP client cannot ask its user'
    expect(await connection.client.callTool({ name: 'mcp__db__number', arguments: {} })).toMatchObject({
      isError: true,
      content: [{ type: 'text', text }],
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

describe('codecell serve --http', () => {
  const host = (): string => new URL(server.url).host
  const token = `Authorization: Bearer ${first}`
  const json = 'Content-Type: application/json'

  test.each<[string, () => readonly string[], number]>([
    ['the name of another host', () => ['POST /mcp HTTP/1.1', 'Host: evil.example', token, json], 403],
    ['the right host name at another port', () => ['POST /mcp HTTP/1.1', 'Host: localhost:1', token, json], 403],
    [
      'a host name that only begins with the right one',
      () => ['POST /mcp HTTP/1.1', `Host: ${host()}.evil.example`, token, json],
      403,
    ],
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
      'the method OPTIONS and another origin',
      () => ['OPTIONS /mcp HTTP/1.1', `Host: ${host()}`, 'Origin: https://evil.example'],
      403,
    ],
    ['the method OPTIONS and no origin', () => ['OPTIONS /mcp HTTP/1.1', `Host: ${host()}`], 405],
    ['no token', () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, json], 401],
    ['a wrong token', () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, 'Authorization: Bearer x', json], 401],
    ['two tokens', () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, token, 'Authorization: Bearer x', json], 401],
    [
      'a token in another scheme',
      () => ['POST /mcp HTTP/1.1', `Host: ${host()}`, `Authorization: Basic ${first}`, json],
      401,
    ],
    ['the method PUT', () => ['PUT /mcp HTTP/1.1', `Host: ${host()}`, token], 405],
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
    ['an unknown session', () => ['GET /mcp HTTP/1.1', `Host: ${host()}`, token, 'Mcp-Session-Id: 1'], 404],
  ])('refuses a request with %s', async (_, lines, status) => {
    const answer = await send(lines())
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).not.toMatch(/evil\.example|access-control|first-token|\/src\/|node_modules/i)
  })

  test.each(['{', '', 'a=b', '{"a":1}{"b":2}'])(
    'refuses the body %j, which is not JSON, with a JSON-RPC error',
    async (body) => {
      const lines = ['POST /mcp HTTP/1.1', `Host: ${host()}`, token, json, `Content-Length: ${body.length}`]
      const answer = await send([...lines, 'Connection: close'], body)
      expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*\r\ncontent-type: application\/json\r\n/i)
      const error = { code: -32700, message: 'Parse error: expected JSON' }
      expect(JSON.parse(/\{.*\}/.exec(answer)?.[0] ?? '')).toEqual({ jsonrpc: '2.0', id: null, error })
    },
  )

  test('accepts a preflight of the allowed origin', async () => {
    const lines = ['OPTIONS /mcp HTTP/1.1', `Host: ${host()}`, 'Origin: https://app.example', 'Connection: close']
    const answer = await send(lines)
    expect(answer).toMatch(/^HTTP\/1\.1 204 /)
    expect(answer.toLowerCase()).toContain('access-control-allow-origin: https://app.example')
  })

  test('generates a token and prints it once when there is no token file', async () => {
    await using own = await startHttp([])
    await own.run.said('Token')
    await own[Symbol.asyncDispose]()
    const { err } = await own.run.result
    expect(err.match(/\nToken, generated for this run: [\w-]{43}\n/g)).toHaveLength(1)
  })

  test('ends with code 0 after a signal, and has never printed its tokens', async () => {
    await server[Symbol.asyncDispose]()
    const { code, out, err } = await server.run.result
    expect(code).toBe(0)
    expect(out + err).not.toMatch(/first-token|second-token/)
  })
})

/** Sends raw lines and returns the whole response. */
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
