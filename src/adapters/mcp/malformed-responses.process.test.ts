import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callContext } from '../../../test/fixtures/call-context.ts'
import { ScriptedHttpServer, type Coding, type HttpReply } from '../../../test/fixtures/scripted-http-server.ts'
import { scriptedServer } from '../../../test/fixtures/scripted-config.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import { connectMcpServers, type McpServers } from './mcp-servers.ts'

const stream = { 'content-type': 'text/event-stream' }

/** The ways of a response to this process. Each wraps a message for `reply`. */
const ways = {
  stdio: (text: string) => ({ lines: ['not JSON', '[]', '42', text] }),
  json: (text: string): HttpReply => ({ body: text }),
  stream: (text: string): HttpReply => ({
    headers: stream,
    body: `: comment\n\ndata: ping\n\ndata: ${text}\n\n`,
    endless: true,
  }),
  sse: (text: string): HttpReply => ({ body: text }),
} as const

type Way = keyof typeof ways

let http: ScriptedHttpServer
let sse: ScriptedHttpServer
let servers: McpServers

beforeAll(async () => {
  http = new ScriptedHttpServer()
  sse = new ScriptedHttpServer({ isSse: true })
  const web = (name: string, port: number): McpServerConfig => ({
    type: name === 'sse' ? 'sse' : 'http',
    name,
    url: `http://127.0.0.1:${port}/mcp`,
    headers: {},
  })
  const configs = [scriptedServer({ name: 'stdio' }), web('http', await http.listen()), web('sse', await sse.listen())]
  servers = await connectMcpServers(configs, { restartDelayMs: 1 })
  expect(servers.failures).toEqual([])
})
afterAll(async () => {
  await servers[Symbol.asyncDispose]()
  await http[Symbol.asyncDispose]()
  await sse[Symbol.asyncDispose]()
})

async function reply(server: string, input: unknown): Promise<unknown> {
  const tool = servers.tools.find((candidate) => candidate.name === 'reply' && candidate.server === server)
  return await tool?.call(input, callContext())
}

async function replyOn(way: Way, text: string): Promise<unknown> {
  return await reply(way === 'json' || way === 'stream' ? 'http' : way, ways[way](text))
}

function onEveryWay<Row extends readonly unknown[]>(rows: readonly Row[]): readonly (readonly [Way, ...Row])[] {
  const names: readonly Way[] = ['stdio', 'json', 'stream', 'sse']
  return rows.flatMap((row) => names.map((way): readonly [Way, ...Row] => [way, ...row]))
}

const content = [{ type: 'text', text: 'a' }]
const result = JSON.stringify({ content })

test.for(
  onEveryWay([
    ['null as its result', '{"jsonrpc":"2.0","id":$ID,"result":null}', 'TOOL_OUTCOME_UNKNOWN', /got null$/],
    ['a list as its result', '{"jsonrpc":"2.0","id":$ID,"result":[1]}', 'TOOL_OUTCOME_UNKNOWN', /got \[1\]$/],
    ['a string as its result', '{"jsonrpc":"2.0","id":$ID,"result":"ok"}', 'TOOL_OUTCOME_UNKNOWN', /got "ok"$/],
    [
      'neither result nor error',
      '{"jsonrpc":"2.0","id":$ID}',
      'TOOL_OUTCOME_UNKNOWN',
      /neither a result nor an error$/,
    ],
    ['null as result and error', '{"id":$ID,"result":null,"error":null}', 'TOOL_OUTCOME_UNKNOWN', /got null$/],
    [
      'JSON that ends early',
      '{"jsonrpc":"2.0","id":$ID,"result":{"content":[',
      'TOOL_OUTCOME_UNKNOWN',
      /expected JSON, got /,
    ],
    ['a value that JSON does not have', '{"result":undefined,"id":$ID}', 'TOOL_OUTCOME_UNKNOWN', /expected JSON, got /],
    [
      'an error without a message',
      '{"id":$ID,"error":{"code":-32000}}',
      'TOOL_FAILED',
      /a message: \{"code":-32000\}; code -32000$/,
    ],
    ['an error without a code', '{"id":$ID,"error":{"message":"no row"}}', 'TOOL_FAILED', /failed: no row$/],
    ['a string as its error', '{"id":$ID,"error":"no row"}', 'TOOL_FAILED', /failed: no row$/],
    [
      'a request for input',
      '{"id":$ID,"result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create"}}}}',
      'TOOL_FAILED',
      /failed: the server asks for input \(elicitation\/create\), which its tools do not get here$/,
    ],
    ['true as its error', '{"id":$ID,"error":true}', 'TOOL_FAILED', /an error without a message: true$/],
    ['a list as its error', '{"id":$ID,"error":[1]}', 'TOOL_FAILED', /an error without a message: \[1\]$/],
    [
      'a string as its code',
      '{"id":$ID,"error":{"code":"-32000","message":"no row"}}',
      'TOOL_FAILED',
      /no row; code -32000$/,
    ],
    ['a word as its code', '{"id":$ID,"error":{"code":"E_ROW","message":"no row"}}', 'TOOL_FAILED', /failed: no row$/],
    [
      'null as its id',
      '{"id":null,"error":{"code":-32700,"message":"parse error"}}',
      'TOOL_FAILED',
      /parse error; code -32700$/,
    ],
    ['no id', '{"jsonrpc":"2.0","error":{"code":1,"message":"no row"}}', 'TOOL_FAILED', /no row; code 1$/],
    [
      'data of its error',
      '{"id":$ID,"error":{"code":1,"message":"no row","data":{"row":4}}}',
      'TOOL_FAILED',
      /no row; code 1; data: \{"row":4\}$/,
    ],
  ] as const),
)('a response over %s with %s settles its call at once', async ([way, , text, code, message]) => {
  await expect(replyOn(way, text)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  expect(await replyOn(way, `{"id":$ID,"result":${result}}`)).toEqual({ content })
})

test.for(
  onEveryWay([
    ['its id as a string', `{"jsonrpc":"2.0","id":"$ID","result":${result}}`],
    ['no version', `{"id":$ID,"result":${result}}`],
    ['another version', `{"jsonrpc":"1.0","id":$ID,"result":${result}}`],
    ['false as its error', `{"id":$ID,"error":false,"result":${result}}`],
    ['an empty string as its error', `{"id":$ID,"error":"","result":${result}}`],
    ['null as its error', `{"id":$ID,"error":null,"result":${result}}`],
    ['other members', `{"id":$ID,"took":4,"result":${result}}`],
    ['the method of the request', `{"id":$ID,"method":"tools/call","result":${result}}`],
    ['a notification before it', `[{"jsonrpc":"2.0","method":"x"},{"id":$ID,"result":${result}}]`],
    ['a response to an unknown request before it', `[{"id":987654,"result":{}},{"id":$ID,"result":${result}}]`],
    ['a response to an ended request before it', `[{"id":1,"error":{"message":"late"}},{"id":$ID,"result":${result}}]`],
    ['values that are no messages before it', `[null,1,"a",[],{},{"id":$ID,"result":${result}}]`],
    ['a byte order mark', `\uFEFF{"id":$ID,"result":${result}}`],
  ] as const),
)('a response over %s with %s is read', async ([way, , text]) => {
  expect(await replyOn(way, text)).toEqual({ content })
})

test.for(
  onEveryWay([
    [
      'numbers that JSON does not have',
      '{"structuredContent":{"a":NaN,"b":-Infinity}}',
      { content: [], structuredContent: { a: null, b: null } },
    ],
    ['bytes that are not UTF-8', '{"content":["a$FFb"]}', { content: [{ type: 'text', text: 'a\uFFFDb' }] }],
  ] as const),
)('a result over %s with %s is passed on', async ([way, , text, expected]) => {
  expect(await replyOn(way, `{"id":$ID,"result":${text}}`)).toEqual(expected)
})

describe('an HTTP response', () => {
  const unknown = 'TOOL_OUTCOME_UNKNOWN'
  test.for<readonly [string, HttpReply, RegExp]>([
    ['status 202', { status: 202, body: '' }, /HTTP 202 without a body$/],
    ['status 204', { status: 204, body: '' }, /HTTP 204 without a body$/],
    ['status 205', { status: 205, body: '' }, /HTTP 205 without a body$/],
    ['no body', { body: '' }, /HTTP 200 without a body$/],
    ['only white space', { body: ' \n' }, /HTTP 200 without a body$/],
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>' }, /expected JSON, got "<html>"$/],
    ['an empty batch', { body: '[]' }, /without a response to the request$/],
    ['a number', { body: '1' }, /without a response to the request$/],
    ['a notification only', { body: '{"jsonrpc":"2.0","method":"x"}' }, /without a response to the request$/],
    ['a cut body', { headers: { 'content-length': '99' }, body: '{', cut: true }, /failed: ./],
    ['an unknown coding', { headers: { 'content-encoding': 'lz4' }, body: '{}' }, /unknown content coding "lz4"$/],
    ['too many codings', { codings: ['gzip', 'gzip', 'gzip', 'gzip'], body: '{}' }, /has 4 content codings$/],
    [
      'a coding that it does not have',
      { headers: { 'content-encoding': 'gzip' }, body: '{}' },
      /incorrect header check$/,
    ],
    ['a stream that ends', { headers: stream, body: ': nothing\n\n' }, /its stream ended without it$/],
    ['a stream without events', { headers: stream, body: '' }, /its stream ended without it$/],
    ['a stream that is cut', { headers: stream, body: ': nothing\n\n', cut: true }, /its stream was lost: ./],
    ['an incomplete event', { headers: stream, body: `data: {"id":$ID,"result":{"content"` }, /ended without it$/],
    ['an event of another type', { headers: stream, body: `event: x\ndata: {"id":$ID}\n\n` }, /ended without it$/],
  ])('with %s settles its call at once', async ([, input, message]) => {
    await expect(reply('http', input)).rejects.toMatchObject({ code: unknown, message: expect.stringMatching(message) })
    expect(await replyOn('json', `{"id":$ID,"result":${result}}`)).toEqual({ content })
  })

  test.for<readonly [string, HttpReply]>([
    [
      'events in single bytes',
      {
        headers: stream,
        chunkBytes: 1,
        body: `id: 1\r\ndata: {"id":$ID,\r\ndata: "result":{"content":["ä😀"]}}\r\n\r\n`,
      },
    ],
    ['no line break at its end', { headers: stream, body: `data: {"id":$ID,"result":{"content":["ä😀"]}}` }],
    ['no empty line at its end', { headers: stream, body: `id: 1\ndata: {"id":$ID,"result":{"content":["ä😀"]}}\n` }],
    ['CR as its line end', { headers: stream, body: `data:{"id":$ID,"result":{"content":["ä😀"]}}\r\r` }],
    [
      'another content type',
      { headers: { 'content-type': 'text/plain' }, body: '{"id":$ID,"result":{"content":["ä😀"]}}' },
    ],
  ])('with %s is read', async ([, input]) => {
    expect(await reply('http', input)).toEqual({ content: [{ type: 'text', text: 'ä😀' }] })
  })

  test.for<readonly Coding[]>([['gzip'], ['deflate'], ['rawDeflate'], ['br'], ['zstd'], ['gzip', 'br']])(
    'with the codings %j is decoded, also as a stream that stays open',
    async (codings) => {
      const body = `{"id":$ID,"result":${result}}`
      expect(await reply('http', { codings, body, chunkBytes: 3 })).toEqual({ content })
      expect(await reply('http', { codings, headers: stream, body: `data: ${body}\n\n`, endless: true })).toEqual({
        content,
      })
      const failed = reply('http', { status: 429, codings, body: 'slow down' })
      await expect(failed).rejects.toThrow(/HTTP 429 Too Many Requests: slow down$/)
    },
  )

  test('that decompresses to more than the limit of a message settles its call', async () => {
    const body = ' '.repeat(65 * 2 ** 20)
    const failed = reply('http', { codings: ['gzip', 'gzip'], body })
    await expect(failed).rejects.toThrow(/the response exceeds 67108864 bytes$/)
  })
})

const whole = `{"jsonrpc":"2.0","id":$ID,"result":${result}}`
const indented = [
  '{',
  '  "jsonrpc": "2.0",',
  '  "result": {',
  '    "content": [',
  '      {},',
  '      { "text": "} \\" {" }',
  '    ]',
  '  },',
  '  "id": $ID',
  '}',
]
const blocks = [{}, { text: '} " {' }]

describe('a stdio server', () => {
  test.for<readonly [string, readonly string[], readonly object[]]>([
    ['on several lines', indented, blocks],
    ['on several lines that end in CR LF', indented.map((line) => `${line}\r`), blocks],
    ['on several lines after other text', [`\u001B[32m> ${indented[0]}`, ...indented.slice(1)], blocks],
    ['on several lines, of which an empty one', [indented[0] ?? '', '', ...indented.slice(1)], blocks],
    ['with a line break in a string', ['{"result":{"content":["a', 'b"]},"id":$ID}'], [{ type: 'text', text: 'a\nb' }]],
    ['after another message on its line', [`{"jsonrpc":"2.0","method":"x"}${whole}`], content],
    ['before other text on its line', [`${whole} done`], content],
    ['after other text on its line', [`working...${whole}`], content],
    ['in color', [`\u001B[32m${whole}\u001B[0m`], content],
    ['after an object without an end', ['{ "state": {', whole], content],
    ['after a logged object of JavaScript', ['{', "  state: 'on',", '  "x": {', whole], content],
    ['after its logged request', ['got {"jsonrpc":"2.0","id":$ID,"method":"tools/call","params":{}}', whole], content],
    ['after a logged response of another server', ['got {"jsonrpc":"2.0","id":$ID,"result":"0x4"}', whole], content],
    ['after a cut logged request', ['got {"jsonrpc":"2.0","id":$ID,"method":"tools', whole], content],
  ])('that writes a response %s is understood', async ([, lines, expected]) => {
    expect(await reply('stdio', { lines })).toEqual({ content: expected })
    expect(await replyOn('stdio', whole)).toEqual({ content })
  })

  test.for<readonly [string, readonly string[]]>([
    ['JSON with a comma too many on several lines', ['{', '"id": $ID,', '"result": {},', '}']],
    ['an object of Python', ["{'jsonrpc': '2.0', 'id': $ID, 'result': {'content': []}}"]],
    ['the start of a message and then others', ['{', '"id": $ID,', '{"jsonrpc":"2.0","method":"x"}']],
    ['the start of a message with its id', [whole.slice(0, -3)]],
  ])('that writes %s settles its call at once', async ([, lines]) => {
    await expect(reply('stdio', { lines })).rejects.toMatchObject({
      code: 'TOOL_OUTCOME_UNKNOWN',
      message: expect.stringContaining('expected JSON, got '),
    })
    expect(await replyOn('stdio', whole)).toEqual({ content })
  })
})

test('a line that exceeds the limit of a message ends the connection with this reason', async () => {
  await expect(reply('stdio', { endless: true })).rejects.toMatchObject({
    code: 'TOOL_OUTCOME_UNKNOWN',
    message: expect.stringContaining('a message of the server exceeds 67108864 bytes'),
  })
  await expect.poll(() => servers.status.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready'])
})
