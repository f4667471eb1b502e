import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { listenForCodex, type GrpcListener } from '../../src/codex-host.ts'
import type { ProtoWriter } from '../../src/codex-host/grpc/protobuf.ts'
import { sharedHosts } from '../support/hosts.ts'
import { GrpcAgent, message, outcomeTexts, toolMessage } from './grpc-agent.ts'
import { frameOf, GrpcClient, type ClientCall } from './grpc-client.ts'

const hosts = sharedHosts('in-process')
let listener: GrpcListener
let client: GrpcClient

beforeAll(async () => {
  listener = await listenForCodex({ host: '127.0.0.1', port: 0 }, { hosts })
  client = new GrpcClient(`http://127.0.0.1:${listener.port}`)
})
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await listener[Symbol.asyncDispose]()
})

/** Returns a session whose cell waits for a nested call, and a function that expects the result of the cell. */
async function healthySession(): Promise<{ agent: GrpcAgent; finish: () => Promise<void> }> {
  const agent = await GrpcAgent.open(client)
  const call = agent.execute('text(await tools.echo())')
  const nested = await agent.calls.next()
  const finish = async (): Promise<void> => {
    agent.complete(nested, 'unharmed')
    expect(await outcomeTexts(call)).toEqual(['unharmed'])
  }
  return { agent, finish }
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
const raw = (hex: string): ProtoWriter => message().append(Object.assign(message(), { finish: () => bytes(hex) }))

/** Bodies that are not one message, each with the status of the reference. */
const bodies: readonly (readonly [string, string, number])[] = [
  ['no message', '', 13],
  ['half a header', '0000', 13],
  ['half a message', '00000000100a', 13],
  ['bytes after the message', '00000000000001', 13],
  ['a compressed message without an encoding', '0100000000', 13],
  ['an unknown flag', '0200000000', 13],
  ['a length beyond the limit', '0004000001', 11],
  ['a length of four gigabytes', '00ffffffff', 11],
]

/** Malformed Protobuf messages. */
const messages: readonly (readonly [string, string])[] = [
  ['field 0', '0000'],
  ['an unknown wire type', '0f'],
  ['a field longer than the message', '0a10'],
  ['a number of eleven bytes', '20ffffffffffffffffffff01'],
  ['a number as session id', '0801'],
  ['a session id that is not UTF-8', '0a02fffe'],
  ['an open group', '9b06'],
  ['the end of another group', '9b06a406'],
  ['a thousand nested groups', '9b06'.repeat(1000)],
]

const nil = '00000000-0000-4000-8000-000000000000'

/** Requests with members that the service refuses; `agent` is an open session. */
const refused: readonly (readonly [string, string, (agent: GrpcAgent) => ProtoWriter, number, string])[] = [
  ['no session id', 'Execute', message, 3, 'code-mode session ID must not be empty'],
  ['a session id that is no UUID', 'Wait', () => message().text(1, 'x'), 3, 'code-mode session ID must be a UUID'],
  ['an unknown session', 'Wait', () => message().text(1, nil), 5, `unknown code-mode session ${nil}`],
  ['no execution id', 'Execute', (agent) => agent.about(), 3, 'code-mode execution ID must not be empty'],
  ['no call id', 'Execute', (agent) => agent.about().text(2, 'e'), 3, 'code-mode tool call ID must not be empty'],
  ['an empty tool', 'Execute', withTool(message()), 3, 'code-mode tool definition name must not be empty'],
  ['no tool name', 'Execute', withTool(message().text(1, 'a')), 3, 'tool definition is missing its tool name'],
  [
    'an empty tool name',
    'Execute',
    withTool(message().text(1, 'a').message(2, message())),
    3,
    'code-mode tool name must not be empty',
  ],
  ['an unknown kind', 'Execute', withTool(toolMessage('a').number(4, 3)), 3, 'tool definition has an invalid kind'],
  ['no cell id', 'Wait', (agent) => agent.about(), 3, 'code-mode cell ID must not be empty'],
  ['no wait id', 'Wait', (agent) => agent.about().text(2, '1'), 3, 'code-mode wait ID must not be empty'],
  [
    'a string as yield time',
    'Wait',
    (agent) => agent.about().text(2, '1').text(3, 'w').text(4, 'soon'),
    13,
    'Cannot parse a Protobuf message: it has another type in field 4',
  ],
  ['no cell id', 'Terminate', (agent) => agent.about(), 3, 'code-mode cell ID must not be empty'],
  ['no wait id', 'CancelWait', (agent) => agent.about(), 3, 'code-mode wait ID must not be empty'],
  ['no observation', 'YieldObservation', (agent) => agent.about(), 3, 'missing code-mode observation ID'],
  [
    'no invocation id',
    'CompleteToolCall',
    (agent) => agent.about(),
    3,
    'code-mode tool invocation ID must not be empty',
  ],
  [
    'an invocation id that is no UUID',
    'CompleteToolCall',
    (agent) => agent.about().text(2, 'x'),
    3,
    'code-mode tool invocation ID must be a UUID',
  ],
  [
    'an unknown invocation',
    'CompleteToolCall',
    (agent) => agent.about().text(2, nil).message(4, message()),
    5,
    `unknown code-mode tool invocation ${nil}`,
  ],
  [
    'no notification id',
    'AcknowledgeNotification',
    (agent) => agent.about(),
    3,
    'code-mode notification ID must not be empty',
  ],
  ['unknown truncation', 'OpenSession', () => message().number(2, 3), 3, 'unknown code-mode output truncation mode'],
  ['process metrics', 'GetProcessMetrics', message, 12, 'process metrics are unsupported'],
  ['an unknown method', 'Dance', message, 12, ''],
]

function withTool(tool: ProtoWriter): (agent: GrpcAgent) => ProtoWriter {
  return (agent) => agent.about().text(2, randomUUID()).text(3, 'call').message(5, tool)
}

describe('a malformed call', () => {
  test.each(bodies)('with %s is refused, and another session is unharmed', async (_, hex, code) => {
    const { finish } = await healthySession()
    const call = client.callWithBody('Wait', bytes(hex), {}, code === 11)
    expect(await call.status).toMatchObject({ code, message: expect.stringContaining('Cannot read a message') })
    await finish()
  })

  test.each(messages)('with %s is refused, and another session is unharmed', async (_, hex) => {
    const { finish } = await healthySession()
    const { code, message: text } = await client.callWithBody('Wait', frameOf(bytes(hex))).status
    expect([code, text]).toEqual([13, expect.stringContaining('Cannot parse a Protobuf message')])
    await finish()
  })

  test.each(refused)(
    'with %s to %s is refused, and another session is unharmed',
    async (_, rpc, request, code, text) => {
      const { agent, finish } = await healthySession()
      expect(await client.call(rpc, request(agent)).status).toEqual({ code, message: text })
      await finish()
    },
  )

  test.each([
    ['a compressed body', { 'grpc-encoding': 'gzip' }, 12],
    ['another path', { ':path': '/' }, 12],
    ['another service', { ':path': '/other.Service/Wait' }, 12],
  ])('with %s is refused, and another session is unharmed', async (_, headers, code) => {
    const { finish } = await healthySession()
    expect(await client.call('Wait', message(), headers).status).toMatchObject({ code })
    await finish()
  })

  test('with headers that are too long is reset, and another session is unharmed', async () => {
    const { finish } = await healthySession()
    await client.call('Wait', message(), { long: 'x'.repeat(17_000) }).status
    await finish()
  })

  test('to each method with random bytes has an error status or an effect on no other session', async () => {
    const { agent, finish } = await healthySession()
    const methods = [
      'Execute',
      'Wait',
      'Terminate',
      'CompleteToolCall',
      'YieldObservation',
      'CancelWait',
      'CloseSession',
    ]
    const content = fc.uint8Array({ maxLength: 80 }).map((body) => Buffer.from(body))
    const headed = content.map((body) => frameOf(body))
    const about = content.map((body) => frameOf(Buffer.concat([agent.about().finish(), body])))
    const samples = fc.sample(fc.tuple(fc.constantFrom(...methods), fc.oneof(content, headed, about)), 600)
    const statuses = samples
      // The healthy session closes itself.
      .filter(([rpc, body]) => rpc !== 'CloseSession' || !body.includes(agent.id))
      .map(([rpc, body]) => client.callWithBody(rpc, body).status)
    await Promise.all(statuses)
    await finish()
  })
})

describe('a gRPC connection', () => {
  test('survives thousands of canceled calls', async () => {
    const { agent, finish } = await healthySession()
    const calls: ClientCall[] = []
    for (let count = 0; count < 3000; count++) {
      const wait = agent.about().text(2, '9').text(3, randomUUID()).number(4, 60_000)
      const call = client.call('Wait', wait)
      call.cancel()
      calls.push(call)
    }
    await Promise.all(calls.map((call) => call.status))
    await finish()
  })

  test('serves other calls while the bodies of calls stay open', async () => {
    const { finish } = await healthySession()
    const open = Array.from({ length: 50 }, () => client.callWithBody('Execute', bytes('0000'), {}, true))
    await finish()
    for (const call of open) call.cancel()
    await Promise.all(open.map((call) => call.status))
  })

  test('accepts unknown fields of every wire type, further messages and other content types', async () => {
    const { agent, finish } = await healthySession()
    // Field 99 as a number, 64 bits, bytes, a group with a group, and 32 bits.
    const unknown = raw(['980601', '99060000000000000000', '9a060161', '9b06a306a4069c06', '9d0600000000'].join(''))
    const wait = agent.about().text(2, '77').text(3, randomUUID()).append(unknown)
    const call = client.callWithBody('Wait', Buffer.concat([frameOf(wait.finish()), frameOf(bytes('0f'))]), {
      'content-type': 'application/json',
      'grpc-encoding': 'identity',
    })
    expect((await call.next())?.message(2)?.message(5)?.text(1)).toBe('exec cell 77 not found')
    await finish()
  })

  test('accepts a session id in other forms of a UUID', async () => {
    const { agent, finish } = await healthySession()
    for (const id of [agent.id.toUpperCase(), agent.id.replaceAll('-', '')]) {
      const observation = message().text(1, id).text(2, randomUUID())
      expect(await client.call('YieldObservation', observation).status).toEqual({ code: 0, message: '' })
    }
    await finish()
  })

  test('refuses the id of an earlier execution or wait of the session', async () => {
    const { agent, finish } = await healthySession()
    const executionId = randomUUID()
    expect(await outcomeTexts(agent.execute('text(1)', { executionId }))).toEqual(['1'])
    expect(await outcomeTexts(agent.execute('text(2)', { executionId }))).toEqual({
      code: 6,
      message: `code-mode execution ID \`${executionId}\` was reused`,
    })
    const waitId = randomUUID()
    const wait = (): ClientCall => client.call('Wait', agent.about().text(2, '77').text(3, waitId))
    expect(await wait().status).toEqual({ code: 0, message: '' })
    expect(await wait().status).toEqual({ code: 6, message: `code-mode wait ID \`${waitId}\` was reused` })
    await finish()
  })

  test('sends a nested call to the subscription that names its tool', async () => {
    const agent = await GrpcAgent.open(client)
    const two = client.call('SubscribeToToolCalls', agent.about().message(2, message().text(1, 'two')))
    const call = agent.execute('text((await Promise.all([tools.one(), tools.two()])).join())', {
      tools: ['one', 'two'],
    })
    agent.complete(await two.next(), 'second')
    agent.complete(await agent.calls.next(), 'first')
    expect(await outcomeTexts(call)).toEqual(['first,second'])
  })

  test('fails a nested call that no subscription is about', async () => {
    const agent = await GrpcAgent.open(client)
    agent.calls.cancel()
    await agent.calls.status
    const two = client.call('SubscribeToToolCalls', agent.about().message(2, message().text(1, 'two')))
    const call = agent.execute('try { await tools.echo() } catch (error) { text(error) }')
    expect(await outcomeTexts(call)).toEqual(['no code-mode tool subscription matches the requested tool'])
    two.cancel()
  })
})
