import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sharedHosts } from '../support/hosts.ts'
import { echo, FramedClient, hello, type Message } from './framed-client.ts'
import { HealthySession } from './healthy-session.ts'

const hosts = sharedHosts('in-process')

const undecodable = 'failed to decode code-mode IPC frame: '

/** The JSON of a request with id 7. */
function request(method: string, members: object = { sessionId: 's1' }): string {
  return JSON.stringify({ type: 'operation/request', id: 7, request: { method, ...members } })
}

/** An execute with some members replaced; undefined removes one. */
function execute(members: object): string {
  const valid = { tool_call_id: 'c', enabled_tools: [], source: '' }
  return request('session/execute', { sessionId: 's1', request: { ...valid, ...members } })
}

function wait(members: object): string {
  return request('session/wait', { sessionId: 's1', request: { cell_id: '1', yield_time_ms: 1, ...members } })
}

/** Malformed requests that have an id, each with the error that is its response. */
const refused: readonly (readonly [string, string, string])[] = [
  ['an unknown method', request('session/clone'), 'unknown variant `session/clone`, expected `session/open` or'],
  ['no method', '{"type":"operation/request","id":7,"request":{}}', 'missing field `method`'],
  ['no request', '{"type":"operation/request","id":7}', 'missing field `request`'],
  ['a null request', '{"type":"operation/request","id":7,"request":null}', 'invalid type: null, expected an object'],
  ['a list as its request', '{"type":"operation/request","id":7,"request":[]}', 'invalid type: sequence'],
  ['no type', '{"id":7,"request":{"method":"session/open","sessionId":"s2"}}', 'missing field `type`'],
  ['an unknown type', '{"type":"operation/ask","id":7,"request":{}}', 'unknown variant `operation/ask`'],
  ['an empty session id', request('session/shutdown', { sessionId: '' }), 'identifier must not be empty'],
  ['a number as session id', request('session/open', { sessionId: 5 }), 'invalid type: integer `5`, expected a string'],
  ['no session id', request('session/open', {}), 'missing field `sessionId`'],
  ['a lone surrogate', request('session/open', { sessionId: '\ud800' }), 'a lone surrogate in a string'],
  ['unknown truncation', request('session/open', { sessionId: 's2', outputTruncation: 'x' }), 'unknown variant `x`'],
  ['limits that are no object', request('session/open', { sessionId: 's2', cellExecutionLimits: 5 }), 'invalid type'],
  [
    'a negative limit',
    request('session/open', { sessionId: 's2', cellExecutionLimits: { maxHeapSizeBytes: -1 } }),
    'invalid value: integer `-1`, expected u64',
  ],
  ['no source', execute({ source: undefined }), 'missing field `source`'],
  ['a number as source', execute({ source: 1 }), 'invalid type: integer `1`, expected a string'],
  ['no tools', execute({ enabled_tools: undefined }), 'missing field `enabled_tools`'],
  ['null as tools', execute({ enabled_tools: null }), 'invalid type: null, expected a sequence'],
  ['a tool that is no object', execute({ enabled_tools: [5] }), 'invalid type: integer `5`, expected an object'],
  ['a tool without a kind', execute({ enabled_tools: [{ ...echo, kind: undefined }] }), 'missing field `kind`'],
  ['a tool of an unknown kind', execute({ enabled_tools: [{ ...echo, kind: 'magic' }] }), 'unknown variant `magic`'],
  [
    'a string as tool name',
    execute({ enabled_tools: [{ ...echo, tool_name: 'echo' }] }),
    'invalid type: string "echo"',
  ],
  ['a fraction as yield time', execute({ yield_time_ms: 1.5 }), 'invalid value: floating point `1.5`, expected u64'],
  ['a string as budget', execute({ max_output_tokens: '5' }), 'invalid type: string "5", expected u64'],
  ['a number as call id', execute({ tool_call_id: 5 }), 'invalid type: integer `5`, expected a string'],
  ['a string as revision', execute({ catalog_revision: '1' }), 'invalid type: string "1", expected u64'],
  ['a negative revision', execute({ catalog_revision: -1 }), 'invalid value: integer `-1`, expected u64'],
  ['a fraction as revision', execute({ catalog_revision: 1.5 }), 'invalid value: floating point `1.5`, expected u64'],
  ['a number as cell id', wait({ cell_id: 1 }), 'invalid type: integer `1`, expected a string'],
  ['no yield time', wait({ yield_time_ms: undefined }), 'missing field `yield_time_ms`'],
  ['a negative yield time', wait({ yield_time_ms: -1 }), 'invalid value: integer `-1`, expected u64'],
  [
    'a yield time beyond 64 bits',
    wait({ yield_time_ms: 0 }).replace('"yield_time_ms":0', '"yield_time_ms":18446744073709551616'),
    'invalid value: integer `18446744073709551616`, expected u64',
  ],
  ['no cell id', request('session/terminate'), 'missing field `cellId`'],
]

/** Malformed messages that no request can be blamed for, as the bytes of a frame. */
const ignored: readonly (readonly [string, string | Buffer])[] = [
  ['an empty frame', ''],
  ['a text that is not JSON', '{'],
  ['text after the JSON', '{"type":"operation/cancel","id":1} x'],
  ['a byte order mark', '\ufeff{"type":"operation/cancel","id":1}'],
  ['a text that is not UTF-8', Buffer.from('22ff22', 'hex')],
  ['a number', '7'],
  ['null', 'null'],
  ['a list', '[]'],
  ['an unknown type', '{"type":"operation/dance","id":1}'],
  ['a number as type', '{"type":5,"id":1}'],
  ['no type', '{"id":1}'],
  ['a second hello', JSON.stringify(hello)],
  ['a request without an id', '{"type":"operation/request","request":{"method":"session/open","sessionId":"s2"}}'],
  ['a string as id', '{"type":"operation/request","id":"7","request":{}}'],
  ['a fraction as id', '{"type":"operation/request","id":1.5,"request":{}}'],
  ['an id beyond 64 bits', '{"type":"operation/request","id":9223372036854775808,"request":{}}'],
  ['a cancellation without an id', '{"type":"operation/cancel"}'],
  ['a yield with a list as id', '{"type":"operation/yield","id":[]}'],
  ['a response with a string as id', '{"type":"delegate/response","id":"1","result":{}}'],
]

/** Messages that have no effect and are not malformed. */
const withoutEffect: readonly (readonly [string, string])[] = [
  ['a cancellation of an unknown id', '{"type":"operation/cancel","id":77}'],
  ['a yield of an unknown id', '{"type":"operation/yield","id":-77}'],
  ['a response to an unknown call', '{"type":"delegate/response","id":77,"result":{"status":"ok"}}'],
  ['an unknown field', '{"type":"operation/cancel","id":77,"color":"red","__proto__":{}}'],
  ['a field that nests deeply', `{"type":"operation/cancel","id":77,"x":${'['.repeat(5000)}${']'.repeat(5000)}}`],
  ['a number beyond every limit', '{"type":"operation/cancel","id":77,"x":1e999}'],
]

async function connect(): Promise<{
  client: FramedClient
  healthy: HealthySession
  reasons: string[]
  end: () => Promise<void>
}> {
  const reasons: string[] = []
  const { client, ended } = FramedClient.connect(hosts, { onIgnoredMessage: (reason) => reasons.push(reason) })
  const healthy = await HealthySession.start(client)
  client.send({ type: 'operation/request', id: 800_001, request: { method: 'session/open', sessionId: 's1' } })
  await client.take(({ id }) => id === 800_001)
  const end = async (): Promise<void> => {
    client.end()
    await ended
  }
  return { client, healthy, reasons, end }
}

const responseTo =
  (id: number) =>
  (message: Message): boolean =>
    message['type'] === 'operation/response' && message['id'] === id

describe.concurrent('a malformed message', () => {
  test.each(refused)('with %s is refused, and another session is unharmed', async (_, json, reason) => {
    const { client, healthy, reasons, end } = await connect()
    client.sendText(json)
    const message = expect.stringContaining(undecodable + reason)
    expect(await client.take(responseTo(7))).toMatchObject({ result: { status: 'error', message } })
    await healthy.finish()
    await end()
    expect(reasons).toEqual([])
  })

  test.each(ignored)('of %s is ignored with a report, and another session is unharmed', async (_, frame) => {
    const { client, healthy, reasons, end } = await connect()
    client.sendFrame(Buffer.from(frame))
    await healthy.finish()
    await end()
    expect(reasons).toHaveLength(1)
    expect(client.rest.filter(({ type }) => type !== 'cell/closed')).toEqual([])
  })

  test.each(withoutEffect)('of %s has no effect', async (_, json) => {
    const { client, healthy, reasons, end } = await connect()
    client.sendText(json)
    await healthy.finish()
    await end()
    expect(reasons).toEqual([])
    expect(client.rest.filter(({ type }) => type !== 'cell/closed')).toEqual([])
  })
})

describe.concurrent('a framed connection', () => {
  test('accepts unknown members everywhere', async () => {
    const { client, healthy, end } = await connect()
    const cell = { tool_call_id: 'c', enabled_tools: [{ ...echo, color: 1 }], source: 'text("ran")', color: 1 }
    const operation = { method: 'session/execute', sessionId: 's1', request: cell, color: 1 }
    client.send({ type: 'operation/request', id: 7, request: operation, color: 1 })
    expect(await client.take(responseTo(7))).toMatchObject({ result: { status: 'ok' } })
    await healthy.finish()
    await end()
  })

  test('answers a request about an empty cell id with a missing cell', async () => {
    const { client, healthy, end } = await connect()
    client.sendText(wait({ cell_id: '' }))
    expect(await client.take(responseTo(7))).toMatchObject({
      result: { value: { outcome: { MissingCell: { Result: { error_text: 'exec cell  not found' } } } } },
    })
    client.send({
      type: 'operation/request',
      id: 8,
      request: { method: 'session/terminate', sessionId: 's1', cellId: '' },
    })
    expect(await client.take(responseTo(8))).toMatchObject({ result: { value: { outcome: { MissingCell: {} } } } })
    await healthy.finish()
    await end()
  })

  test.each([
    ['is not UTF-8', Buffer.from([...Buffer.from(request('session/open').slice(0, -2)), 0xff])],
    ['ends early', Buffer.from(request('session/open').slice(0, -2))],
    [
      'nests too deeply',
      Buffer.concat([Buffer.from(request('session/open').slice(0, -2)), Buffer.alloc(2 ** 25, '[')]),
    ],
  ])('refuses a request whose JSON %s by its beginning', async (_, frame) => {
    const { client, healthy, reasons, end } = await connect()
    client.sendFrame(frame)
    const message = expect.stringContaining(undecodable)
    expect(await client.take(responseTo(7))).toMatchObject({ result: { status: 'error', message } })
    await healthy.finish()
    await end()
    expect(reasons).toEqual([])
  })

  test('fails a nested call whose response nests too deeply', async () => {
    const { client, healthy, end } = await connect()
    client.execute(7, 'await tools.echo()')
    const { id } = await client.take(({ type, sessionId }) => type === 'delegate/request' && sessionId === 's1')
    const head = `{"type":"delegate/response","id":${Number(id)},"result":{"status":"ok","value":`
    client.sendFrame(Buffer.concat([Buffer.from(head), Buffer.alloc(2 ** 25, '[')]))
    expect(
      await client.take((message) => message['id'] === 7 && message['type'] === 'execute/initialResponse'),
    ).toMatchObject({
      result: { value: { Result: { error_text: `${undecodable}expected at most 10000 nested values` } } },
    })
    await healthy.finish()
    await end()
  })

  test('ignores huge frames without a request', { timeout: 60_000 }, async () => {
    const { client, healthy, reasons, end } = await connect()
    client.sendFrame(Buffer.alloc(2 ** 25, '['))
    client.sendFrame(Buffer.from(`{"type":"operation/cancel","id":${'9'.repeat(2 ** 22)}}`))
    await healthy.finish()
    await end()
    expect(reasons).toHaveLength(2)
  })

  test('refuses the id of a finished request, and ignores a request with the id of a pending one', async () => {
    const { client, healthy, reasons, end } = await connect()
    const reason = 'duplicate code-mode request ID RequestId(800001)'
    client.send({ type: 'operation/request', id: 800_001, request: { method: 'session/open', sessionId: 's2' } })
    expect(await client.take(responseTo(800_001))).toMatchObject({ result: { status: 'error', message: reason } })
    // The execute of the healthy session.
    client.send({ type: 'operation/request', id: 900_002, request: { method: 'session/shutdown', sessionId: 's1' } })
    await healthy.finish()
    expect(reasons).toEqual(['duplicate code-mode request ID RequestId(900002)'])
    await end()
  })

  test('returns ids up to 64 bits without loss', async () => {
    const { client, healthy, end } = await connect()
    const ids = ['9007199254740993', '9223372036854775807', '-9223372036854775808']
    const texts: string[] = []
    client.onText = (text) => texts.push(text)
    for (const id of ids) {
      client.sendText(request('session/shutdown', { sessionId: 'none' }).replace('"id":7', `"id":${id}`))
    }
    await healthy.finish()
    const errors = texts.filter((text) => text.includes('unknown code-mode session none'))
    expect(errors.map((text) => /"id":(-?\d+)/.exec(text)?.[1])).toEqual(ids)
    await end()
  })

  test('is unharmed by frames of random content', { timeout: 60_000 }, async () => {
    const { client, healthy, end } = await connect()
    const bytes = fc.uint8Array({ maxLength: 60 }).map((content) => Buffer.from(content))
    const requestLike = fc
      .record(
        {
          type: fc.constantFrom('operation/request', 'operation/cancel', 'operation/yield', 'delegate/response', 'x'),
          id: fc.oneof(fc.integer({ min: 1000, max: 2000 }), fc.constantFrom(-1, 1.5, '1', null, 2 ** 60)),
          request: fc.oneof(
            fc.json({ maxDepth: 2 }),
            fc.record({
              method: fc.constantFrom('session/open', 'session/execute', 'session/wait', 'session/terminate', 5),
              sessionId: fc.constantFrom('s1', 's9', '', 4, null),
              request: fc.anything({ maxDepth: 2 }),
              cellId: fc.constantFrom('1', '', 2),
            }),
          ),
          result: fc.anything({ maxDepth: 2 }),
        },
        { requiredKeys: [] },
      )
      .map((message) =>
        Buffer.from(JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? 0 : value))),
      )
    const frames = fc.sample(fc.oneof(bytes, requestLike), 2000)
    for (const frame of frames) client.sendFrame(frame)
    await healthy.finish()
    await end()
  })

  test.each([
    ['an unknown field', { extra: 1 }],
    ['two versions', { supportedVersions: [7, 1] }],
  ])('accepts a hello with %s', async (_, members) => {
    const { client, ended } = FramedClient.connect(hosts)
    client.send({ ...hello, ...members })
    expect(await client.next()).toMatchObject({ type: 'connection/ready' })
    client.end()
    await ended
  })

  test.each([
    ['a text that is not JSON', '{'],
    ['an empty frame', ''],
    ['an unknown type', '{"type":"dance"}'],
    ['no versions', JSON.stringify({ ...hello, supportedVersions: [] })],
    ['one version twice', JSON.stringify({ ...hello, supportedVersions: [1, 1] })],
    ['version 0', JSON.stringify({ ...hello, supportedVersions: [0, 1] })],
    ['a fraction as version', JSON.stringify({ ...hello, supportedVersions: [1.5] })],
    ['no capabilities', JSON.stringify({ ...hello, optionalCapabilities: undefined })],
    ['an empty capability', JSON.stringify({ ...hello, optionalCapabilities: [''] })],
    ['one capability twice', JSON.stringify({ ...hello, optionalCapabilities: ['a', 'a'] })],
    [
      'a capability that is required and optional',
      JSON.stringify({ ...hello, requiredCapabilities: ['yield-observation'] }),
    ],
  ])('ends with an error after a hello with %s, because there are no sessions yet', async (_, json) => {
    const { client, ended } = FramedClient.connect(hosts)
    client.sendText(json)
    await expect(ended).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' })
  })
})
