import { randomUUID } from 'node:crypto'
import { duplexPair } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listenForCodex, serveCodexHost, type GrpcListener } from '../../src/codex-host.ts'
import type { ProtoReader } from '../../src/codex-host/grpc/protobuf.ts'
import { ProtoWriter } from '../../src/codex-host/grpc/protobuf.ts'
import { sharedHosts } from '../support/hosts.ts'
import { GrpcClient, type ClientCall } from './grpc-client.ts'

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

const message = (): ProtoWriter => new ProtoWriter()

type Opened = { readonly sessionId: string; readonly events: ClientCall; readonly calls: ClientCall }

async function open(options = message().number(2, 2), on: GrpcClient = client): Promise<Opened> {
  const events = on.call('OpenSession', options)
  const opened = (await events.next())?.message(1)
  const sessionId = opened?.text(1) ?? ''
  return { sessionId, events, calls: on.call('SubscribeToToolCalls', message().text(1, sessionId)) }
}

function execute(
  sessionId: string,
  source: string,
  { yieldTimeMs = 20_000, maxTokens = 0, executionId = randomUUID() } = {},
): ClientCall {
  const tool = message().text(1, 'mcp__s__echo').message(2, message().text(1, 'echo').text(2, 'mcp__s'))
  tool.text(3, 'Echoes.').number(4, 1)
  const request = message().text(1, sessionId).text(2, executionId).text(3, 'call').text(4, source).message(5, tool)
  request.number(6, yieldTimeMs)
  if (maxTokens > 0) request.number(7, maxTokens)
  return client.call('Execute', request)
}

/** Responds to a nested call; `answer` is the field with the response. */
function complete(sessionId: string, call: ProtoReader | null, answer: ProtoWriter): ClientCall {
  const head = message()
    .text(1, sessionId)
    .text(2, call?.text(4) ?? '')
  return client.call('CompleteToolCall', head.append(answer))
}

/** Describes an outcome. */
function outcome(read: ProtoReader | null | undefined): object {
  const completed = read?.message(5)
  const state = completed === null ? (read?.message(4) === null ? 'yielded' : 'terminated') : 'completed'
  const texts = (read?.messages(2) ?? []).map((item) => item.message(1)?.text(1))
  return { cellId: read?.text(1), state, texts, errorText: completed?.optionalText(1) ?? null }
}

async function ended(call: ClientCall): Promise<object> {
  const started = (await call.next())?.message(1)
  expect(started?.text(2)).toMatch(/^\d+$/)
  return outcome((await call.next())?.message(2))
}

async function response(call: ClientCall): Promise<object> {
  const read = await call.next()
  return outcome(read?.message(1) ?? read?.message(2))
}

describe('the gRPC service', () => {
  test('the host sends the start, the nested call, the outcome and the end of a cell', async () => {
    const { sessionId, events, calls } = await open()
    const executionId = randomUUID()
    const call = execute(sessionId, 'text(await tools.mcp__s__echo({ a: 1 }))', { executionId })
    expect((await call.next())?.message(1)?.text(1)).toBe(executionId)
    const nested = await calls.next()
    const fields = [1, 2, 3, 5, 8].map((field) => nested?.text(field))
    expect(fields).toEqual([sessionId, executionId, '1', 'tool-1', '{"a":1}'])
    expect([nested?.message(6)?.text(1), nested?.message(6)?.text(2), nested?.number(7), nested?.number(9)]).toEqual([
      'echo',
      'mcp__s',
      1,
      1,
    ])
    const completion = complete(sessionId, nested, message().message(3, message().text(1, '{"b":2}')))
    expect(await completion.status).toEqual({ code: 0, message: '' })
    expect(outcome((await call.next())?.message(2))).toEqual({
      cellId: '1',
      state: 'completed',
      texts: ['{"b":2}'],
      errorText: null,
    })
    expect(await call.status).toEqual({ code: 0, message: '' })
    const closed = (await events.next())?.message(5)
    expect([closed?.text(1), closed?.text(2), closed?.number(3)]).toEqual([executionId, '1', 1])
    const again = complete(sessionId, nested, message().message(4, message()))
    expect(await again.status).toEqual({ code: 5, message: `unknown code-mode tool invocation ${nested?.text(4)}` })
  })

  test('a nested call rejects in the script when the reply is an error', async () => {
    const { sessionId, calls } = await open()
    const call = execute(sessionId, 'try { await tools.mcp__s__echo() } catch (e) { text(e) }')
    complete(sessionId, await calls.next(), message().message(4, message().text(1, 'nope')))
    expect(await ended(call)).toMatchObject({ texts: ['nope'] })
  })

  test('the host refuses a malformed reply to a nested call, which waits for a valid one', async () => {
    const { sessionId, calls } = await open()
    const call = execute(sessionId, 'text(await tools.mcp__s__echo())')
    const nested = await calls.next()
    const status = async (answer: ProtoWriter): Promise<object> => await complete(sessionId, nested, answer).status
    expect(await status(message())).toEqual({ code: 3, message: 'tool completion is missing its outcome' })
    expect(await status(message().message(3, message().text(1, '{')))).toEqual({
      code: 3,
      message: expect.stringMatching(/^invalid code-mode tool output JSON: /),
    })
    expect(await status(message().message(3, message().text(1, '['.repeat(2 ** 24))))).toEqual({
      code: 3,
      message: 'invalid code-mode tool output JSON: expected at most 10000 nested values',
    })
    expect(await status(message().message(3, message().text(1, '"yes"')))).toEqual({ code: 0, message: '' })
    expect(await ended(call)).toMatchObject({ texts: ['yes'] })
  })

  test('the host sends notifications at once and does not wait until they are acknowledged', async () => {
    const { sessionId, events } = await open()
    const call = execute(sessionId, 'notify("one"); notify({ two: 2 }); text("done")')
    expect(await ended(call)).toMatchObject({ texts: ['done'] })
    const texts = [(await events.next())?.message(3), (await events.next())?.message(3)].map((event) => [
      event?.text(3),
      event?.text(4),
      event?.text(5),
    ])
    expect(texts).toEqual([
      ['1', 'call', 'one'],
      ['1', 'call', '{"two":2}'],
    ])
  })

  test('the host truncates output and adds error items only in a session that requests it', async () => {
    const { sessionId } = await open()
    const call = execute(sessionId, 'text("x".repeat(400)); throw "e"', { maxTokens: 10 })
    expect(await ended(call)).toEqual({
      cellId: '1',
      state: 'completed',
      texts: [
        `Warning: truncated output (original token count: 104)\nTotal output lines: 3\n\n${'x'.repeat(20)}…94 tokens truncated…xxxx\nScript error:\ne`,
      ],
      errorText: 'e',
    })
    const raw = await open(message())
    expect(await ended(execute(raw.sessionId, 'text("y"); throw "e"'))).toEqual({
      cellId: '1',
      state: 'completed',
      texts: ['y'],
      errorText: 'e',
    })
  })

  test('an observation can be awaited, preempted and canceled', async () => {
    const { sessionId } = await open()
    const executionId = randomUUID()
    const call = execute(sessionId, 'text("a"); await new Promise(() => {})', { executionId })
    await call.next()
    client.call('YieldObservation', message().text(1, sessionId).text(2, executionId))
    expect(outcome((await call.next())?.message(2))).toMatchObject({ cellId: '1', state: 'yielded' })
    const waitId = randomUUID()
    const wait = client.call('Wait', message().text(1, sessionId).text(2, '1').text(3, waitId).number(4, 20_000))
    const busy = async (): Promise<object> => {
      const other = message().text(1, sessionId).text(2, '1').text(3, randomUUID()).number(4, 0)
      return await client.call('Wait', other).status
    }
    await expect.poll(busy).toEqual({ code: 9, message: 'exec cell 1 already has an active observer' })
    client.call('CancelWait', message().text(1, sessionId).text(2, waitId))
    expect(await wait.status).toEqual({ code: 1, message: 'code-mode wait was cancelled' })
    const end = client.call('Terminate', message().text(1, sessionId).text(2, '1'))
    expect(await response(end)).toMatchObject({ cellId: '1', state: 'terminated' })
  })

  test('the host terminates the cell of a canceled execute and cancels its nested calls', async () => {
    const { sessionId, events, calls } = await open()
    const call = execute(sessionId, 'await tools.mcp__s__echo()')
    await call.next()
    const invocationId = (await calls.next())?.text(4)
    call.cancel()
    expect((await events.next())?.message(2)?.text(1)).toBe(invocationId)
    expect((await events.next())?.message(5)?.text(2)).toBe('1')
    const wait = client.call('Wait', message().text(1, sessionId).text(2, '1').text(3, randomUUID()))
    expect(await response(wait)).toEqual({
      cellId: '1',
      state: 'completed',
      texts: ['Script error:\nexec cell 1 not found'],
      errorText: 'exec cell 1 not found',
    })
  })

  test('closing a session ends its calls and its cells, without events about them', async () => {
    const { sessionId, events, calls } = await open()
    const waitId = randomUUID()
    const yielded = execute(sessionId, 'await new Promise(() => {})', { yieldTimeMs: 1 })
    expect(await ended(yielded)).toMatchObject({ state: 'yielded' })
    const wait = client.call('Wait', message().text(1, sessionId).text(2, '1').text(3, waitId).number(4, 60_000))
    const call = execute(sessionId, 'await tools.mcp__s__echo()')
    await call.next()
    await calls.next()
    const close = client.call('CloseSession', message().text(1, sessionId))
    expect(await call.next()).toBeNull()
    expect(await wait.status).toEqual({ code: 1, message: 'code-mode wait was cancelled' })
    const fine = { code: 0, message: '' }
    expect([await close.status, await call.status, await calls.status]).toEqual([fine, fine, fine])
    expect([await events.next(), await events.status]).toEqual([null, fine])
  })

  test('canceling the call that opened a session closes the session', async () => {
    const { sessionId, events } = await open()
    events.cancel()
    await events.status
    const status = async (): Promise<object> =>
      await client.call('YieldObservation', message().text(1, sessionId).text(2, 'x')).status
    await expect.poll(status).toEqual({ code: 5, message: `unknown code-mode session ${sessionId}` })
  })

  test('a cell makes a thousand nested calls at once', async () => {
    const { sessionId, calls } = await open()
    const call = execute(
      sessionId,
      'const all = await Promise.all(Array.from({ length: 1000 }, (_, n) => tools.mcp__s__echo({ n }))); text(all.length)',
    )
    for (let count = 0; count < 1000; count++) {
      complete(sessionId, await calls.next(), message().message(3, message().text(1, '1')))
    }
    expect(await ended(call)).toMatchObject({ texts: ['1000'] })
  })

  test('a cell yields at the longest yield time of its session', async () => {
    const { sessionId } = await open(message().message(1, message().number(1, 30)).number(2, 2))
    expect(await ended(execute(sessionId, 'await new Promise(() => {})'))).toMatchObject({ state: 'yielded' })
  })
})

describe('gRPC over two streams', () => {
  test('the service ends when its client disconnects, also with an open session', async () => {
    const [ours, theirs] = duplexPair()
    const served = serveCodexHost({ input: theirs, output: theirs }, 'grpc', { hosts })
    const own = new GrpcClient('http://code-mode-host', ours)
    const { sessionId, events } = await open(message().number(2, 2), own)
    expect(sessionId).not.toBe('')
    ours.end()
    ours.destroy()
    await served
    await events.status
  })

  test('the service ends when the bytes are not HTTP/2', async () => {
    const [ours, theirs] = duplexPair()
    const served = serveCodexHost({ input: theirs, output: theirs }, 'grpc', { hosts })
    ours.on('error', () => undefined)
    ours.write('GET / HTTP/1.1\r\n\r\n'.repeat(10))
    ours.resume()
    await served
  })
})
