import { describe, expect, test } from 'vitest'
import { createHostPool } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { FramedClient, hello, result, tool } from './framed-client.ts'

const hosts = sharedHosts('in-process')

const started = (id: number, cellId: string): object => ({
  type: 'operation/response',
  id,
  result: { status: 'ok', value: { type: 'execution/started', cellId } },
})
const closed = (cellId: string): object => ({ type: 'cell/closed', sessionId: 's1', cellId })

describe('the framed protocol', () => {
  test('the host sends the start, the nested call, the response and the end of a cell in this order', async () => {
    const { client, ended } = FramedClient.connect(hosts)
    await client.open()
    client.execute(2, 'text(await tools.echo({ a: 1 }))')
    const call = {
      type: 'delegate/request',
      id: 1,
      sessionId: 's1',
      request: {
        type: 'tool/invoke',
        invocation: {
          cell_id: '1',
          runtime_tool_call_id: 'tool-1',
          tool_name: { name: 'echo', namespace: null },
          tool_kind: 'function',
          input: { a: 1 },
        },
      },
    }
    expect(await client.nextOnes(2)).toEqual([started(2, '1'), call])
    client.send(answer(1, { b: 2 }))
    expect(await client.nextOnes(2)).toEqual([result(2, '1', ['{"b":2}']), closed('1')])
    client.end()
    await ended
    expect(client.rest).toEqual([])
  })

  test.each([
    ['another version', { supportedVersions: [2, 3] }, { type: 'noCompatibleVersion', supportedVersions: [1] }],
    [
      'a capability that does not exist',
      { requiredCapabilities: ['telepathy'] },
      { type: 'missingRequiredCapability', capability: 'telepathy' },
    ],
  ])('the host rejects a client that requires %s, and ends', async (_, wish, reason) => {
    const { client, ended } = FramedClient.connect(hosts)
    client.send({ ...hello, ...wish })
    expect(await client.next()).toEqual({ type: 'connection/rejected', reason })
    await ended
  })

  test('the host rejects a client whose first message is not a hello, and ends', async () => {
    const { client, ended } = FramedClient.connect(hosts)
    client.send({ type: 'operation/cancel', id: 1 })
    const message = 'first message must be connection/hello'
    expect(await client.next()).toEqual({ type: 'connection/rejected', reason: { type: 'invalidHello', message } })
    await ended
  })

  test('the host ends with an error when a frame is longer than the limit', async () => {
    const { client, ended } = FramedClient.connect(hosts)
    client.sendBytes(Buffer.from('ffffffff', 'hex'))
    await expect(ended).rejects.toMatchObject({
      code: 'FRAME_TOO_LARGE',
      message: 'code-mode IPC frame length 4294967295 exceeds 67108864 bytes',
    })
  })

  test('the host reads a frame that arrives one byte at a time', async () => {
    const { client, ended } = FramedClient.connect(hosts)
    const json = Buffer.from(JSON.stringify(hello))
    const head = Buffer.alloc(4)
    head.writeUInt32LE(json.length)
    for (const byte of Buffer.concat([head, json])) client.sendBytes(Buffer.from([byte]))
    expect(await client.next()).toMatchObject({ type: 'connection/ready', capabilities: ['yield-observation'] })
    client.end()
    await ended
  })

  test.each<[string, object, string]>([
    [
      'a value of the wrong form',
      { status: 'ok', value: { type: 'notification/delivered' } },
      'code-mode client returned an invalid tool result',
    ],
    ['no value', { status: 'ok' }, 'failed to decode code-mode IPC frame: missing field `value`'],
    [
      'an unknown status',
      { status: 'maybe' },
      'failed to decode code-mode IPC frame: unknown variant `maybe`, expected `ok` or `error`',
    ],
    ['an error', { status: 'error', message: 'nope' }, 'nope'],
    ['an error without a text', { status: 'error', message: '' }, ''],
    [
      'a value that nests too deeply',
      { status: 'ok', value: { type: 'tool/result', result: nested(200) } },
      'resource limit exceeded: code=resource_exhausted resource=json_depth limit=127 observed=128',
    ],
  ])('a nested call with the reply %s fails, and the call of another cell succeeds', async (_, given, text) => {
    const { client, ended } = FramedClient.connect(hosts)
    await client.open()
    client.execute(2, 'await tools.echo()')
    client.execute(3, 'text("other"); text(await tools.echo())')
    const calls = [await client.take(isInvocation), await client.take(isInvocation)]
    const of = (cellId: string): number =>
      Number(calls.find((call) => JSON.stringify(call).includes(`"cell_id":"${cellId}"`))?.['id'])
    client.send({ type: 'delegate/response', id: of('1'), result: given })
    expect(await client.take(({ id, type }) => id === 2 && type === 'execute/initialResponse')).toEqual(
      result(2, '1', [], text),
    )
    client.send(answer(of('2'), 'fine'))
    expect(await client.take(({ id, type }) => id === 3 && type === 'execute/initialResponse')).toEqual(
      result(3, '2', ['other', 'fine']),
    )
    client.end()
    await ended
  })

  test('a cell lists all tools that share an identifier, and calls the last of them', async () => {
    const { client, ended } = FramedClient.connect(hosts)
    await client.open()
    const tools = { enabled_tools: [tool('a-b'), tool('a_b'), tool('x', 'mcp__s')] }
    client.execute(
      2,
      'text(ALL_TOOLS.map((t) => t.name + ": " + t.description)); tools.a_b(); tools.mcp__s__x()',
      tools,
    )
    const names = [await client.take(isInvocation), await client.take(isInvocation)].map((message) =>
      JSON.stringify(message)
        .match(/"tool_name":(\{.*?\})/)
        ?.at(1),
    )
    expect(names).toEqual(['{"name":"a_b","namespace":null}', '{"name":"x","namespace":"mcp__s"}'])
    expect(await client.take(({ type }) => type === 'execute/initialResponse')).toEqual(
      result(2, '1', ['["a_b: Tool a-b.","a_b: Tool a_b.","mcp__s__x: Tool x."]']),
    )
    client.end()
    await ended
  })

  test('a session has its own stored values and its own cell ids', async () => {
    const { client, ended } = FramedClient.connect(hosts)
    await client.open()
    client.execute(2, 'store("k", 1)')
    await client.take(({ type }) => type === 'cell/closed')
    client.send({ type: 'operation/request', id: 3, request: { method: 'session/open', sessionId: 's2' } })
    const request = { tool_call_id: 'c', enabled_tools: [], source: 'text(load("k") ?? "nothing")' }
    client.send({ type: 'operation/request', id: 4, request: { method: 'session/execute', sessionId: 's2', request } })
    client.execute(5, 'text(load("k"))')
    const answerTo = async (id: number): Promise<unknown> =>
      await client.take((message) => message['id'] === id && message['type'] === 'execute/initialResponse')
    expect(await answerTo(4)).toEqual(result(4, '1', ['nothing']))
    expect(await answerTo(5)).toEqual(result(5, '2', ['1']))
    client.end()
    await ended
  })

  test('a cell that exceeds the memory limit of its session fails, and the next cell runs', async () => {
    await using processes = createHostPool({ size: 1, warmIsolates: 0, memoryMb: 64 })
    const { client, ended } = FramedClient.connect(processes)
    await client.open({ cellExecutionLimits: { maxHeapSizeBytes: 64 * 2 ** 20 } })
    client.execute(2, 'const a = []; for (;;) a.push(new Array(1e5).fill(a.length))')
    const response = await client.take(({ type }) => type === 'execute/initialResponse')
    expect(JSON.stringify(response)).toContain(
      'resource limit exceeded: code=resource_exhausted resource=memory_mb limit=64',
    )
    client.execute(3, 'text("alive")')
    expect(await client.take(({ id, type }) => id === 3 && type === 'execute/initialResponse')).toEqual(
      result(3, '2', ['alive']),
    )
    client.end()
    await ended
  })

  test('a cell makes five thousand nested calls at once', async () => {
    const { client, ended } = FramedClient.connect(hosts)
    await client.open()
    client.execute(
      2,
      'const all = await Promise.all(Array.from({ length: 5000 }, (_, n) => tools.echo({ n }))); text(all.length)',
    )
    for (let count = 0; count < 5000; count++)
      client.send(answer(Number((await client.take(isInvocation))['id']), count))
    expect(await client.take(({ type }) => type === 'execute/initialResponse')).toEqual(result(2, '1', ['5000']))
    client.end()
    await ended
  })

  test('the host sends an error instead of a response that does not fit a frame', async () => {
    const { client, ended } = FramedClient.connect(hosts)
    await client.open()
    client.execute(2, String.raw`for (let n = 0; n < 12; n++) text("\u0001".repeat(1e6))`)
    expect(await client.take(({ type }) => type === 'execute/initialResponse')).toMatchObject({
      result: {
        status: 'error',
        message: expect.stringContaining('code-mode initial response exceeds the IPC frame limit'),
      },
    })
    client.end()
    await ended
  })
})

function answer(id: number, value: unknown): object {
  return { type: 'delegate/response', id, result: { status: 'ok', value: { type: 'tool/result', result: value } } }
}

function isInvocation(message: Readonly<Record<string, unknown>>): boolean {
  return message['type'] === 'delegate/request'
}

function nested(depth: number): unknown {
  let value: unknown = 0
  for (let level = 0; level < depth; level++) value = [value]
  return value
}
