import { afterAll, describe, expect, test } from 'vitest'
import { createSession, type Outcome } from '../../src/index.ts'
import { FrameReader } from '../../src/protocol/frame.ts'
import type { FromHost } from '../../src/protocol/message.ts'
import { parseFromHost } from '../../src/protocol/parse-message.ts'
import { scriptedPool, type Script } from './scripted-host.ts'

/** A frame of a kind with anything in it. */
const frame = (kind: number, ...parts: (string | number[])[]): Buffer => {
  const bytes = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))
  const content = Buffer.concat([Buffer.from([kind]), ...bytes])
  const head = Buffer.alloc(4)
  head.writeUInt32LE(content.length)
  return Buffer.concat([head, content])
}

describe('bytes from a host', () => {
  test.each([
    ['a length of nothing', Buffer.from([0, 0, 0, 0]), 'FRAME_TOO_LARGE'],
    ['a length over the limit', Buffer.from([1, 0, 0, 16]), 'FRAME_TOO_LARGE'],
    ['the largest length', Buffer.from([255, 255, 255, 255]), 'FRAME_TOO_LARGE'],
    ['text without frames', Buffer.from('Error: something\n'), 'FRAME_TOO_LARGE'],
    ['an unknown kind', frame(2, '[]'), 'PROTOCOL_VIOLATION'],
    ['kind 255', frame(255), 'PROTOCOL_VIOLATION'],
    ['an empty batch frame', frame(0), 'PROTOCOL_VIOLATION'],
    ['no JSON', frame(0, '{'), 'PROTOCOL_VIOLATION'],
    ['JSON and more', frame(0, '[] []'), 'PROTOCOL_VIOLATION'],
    ['no list', frame(0, '{"type":"pong","id":1}'), 'PROTOCOL_VIOLATION'],
    ['a text', frame(0, '"pong"'), 'PROTOCOL_VIOLATION'],
    ['bytes that are no UTF-8', frame(0, [0xff, 0xfe, 0x5b]), 'PROTOCOL_VIOLATION'],
    ['a body frame without a length', frame(1, [1, 0]), 'PROTOCOL_VIOLATION'],
    ['a body frame whose message is longer than it', frame(1, [255, 255, 255, 127], '{}'), 'PROTOCOL_VIOLATION'],
    ['a body frame with a list', frame(1, [2, 0, 0, 0], '[]'), 'PROTOCOL_VIOLATION'],
    ['a body frame with null', frame(1, [4, 0, 0, 0], 'null'), 'PROTOCOL_VIOLATION'],
  ])('%s are refused', (_name, bytes, code) => {
    expect(() => new FrameReader().push(bytes)).toThrow(expect.objectContaining({ code }))
  })

  test('are put together however they are cut', () => {
    const bytes = Buffer.concat([frame(0, '[1,{"a":"é"}]'), frame(1, [2, 0, 0, 0], '{}', 'body'), frame(0, '[2]')])
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new FrameReader()
      const messages: unknown[] = []
      for (let at = 0; at < bytes.length; at += size) messages.push(...reader.push(bytes.subarray(at, at + size)))
      expect(messages).toEqual([1, { a: 'é' }, { body: 'body' }, 2])
      expect(reader.atBoundary).toBe(true)
    }
  })

  test('that stop in the middle are half a frame', () => {
    const reader = new FrameReader()
    expect(reader.push(frame(0, '[1]').subarray(0, 6))).toEqual([])
    expect(reader.atBoundary).toBe(false)
  })

  test('that dribble in cost no more than those that come at once', () => {
    const bytes = frame(0, `["${'x'.repeat(300_000)}"]`)
    const reader = new FrameReader()
    const messages: unknown[] = []
    for (let at = 0; at < bytes.length; at += 3) messages.push(...reader.push(bytes.subarray(at, at + 3)))
    expect(messages).toEqual(['x'.repeat(300_000)])
  })

  test('make no prototype', () => {
    const [message] = new FrameReader().push(frame(1, [38, 0, 0, 0], '{"__proto__":{"type":"pong"},"body":1}', 'b'))
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype)
    expect(() => parseFromHost(message)).toThrow('"type" is no text')
  })
})

describe('a message from a host', () => {
  test.each<[value: unknown, reason: string]>([
    [null, 'a message is no object'],
    [1, 'a message is no object'],
    ['text', 'a message is no object'],
    [[], 'a message is no object'],
    [{}, '"type" is no text'],
    [{ type: 1 }, '"type" is no text'],
    [{ type: ['text'] }, '"type" is no text'],
    [{ type: '' }, 'unknown message type ""'],
    [{ type: 'start', cell: 1 }, 'unknown message type "start"'],
    [{ type: 'terminate', cell: 1 }, 'unknown message type "terminate"'],
    [{ type: '__proto__' }, 'unknown message type "__proto__"'],
    [{ type: 'constructor' }, 'unknown message type "constructor"'],
    [{ type: 'x'.repeat(1000) }, `unknown message type "${'x'.repeat(40)}"`],
    [{ type: 'text' }, '"cell" is no number'],
    [{ type: 'text', cell: '1', body: '' }, '"cell" is no number'],
    [{ type: 'text', cell: 1.5, body: '' }, '"cell" is no count'],
    [{ type: 'text', cell: -1, body: '' }, '"cell" is no count'],
    [{ type: 'text', cell: 2 ** 53, body: '' }, '"cell" is no count'],
    [{ type: 'text', cell: 1 }, '"body" is no text'],
    [{ type: 'text', cell: 1, body: null }, '"body" is no text'],
    [{ type: 'text', cell: 1, body: { toString: 1 } }, '"body" is no text'],
    [{ type: 'texts', cell: 1 }, '"texts" is no list'],
    [{ type: 'texts', cell: 1, texts: { length: 1 } }, '"texts" is no list'],
    [{ type: 'texts', cell: 1, texts: ['a', 1] }, '"texts" holds something that is no text'],
    [{ type: 'image', cell: 1, body: '' }, '"detail" is no image detail'],
    [{ type: 'image', cell: 1, detail: 'toString', body: '' }, '"detail" is no image detail'],
    [{ type: 'tool_call', cell: 1, tool: 'a', body: '' }, '"id" is no number'],
    [{ type: 'tool_call', cell: 1, id: 1, tool: null, body: '' }, '"tool" is no text'],
    [{ type: 'timer_set', cell: 1, id: 1, delay: '1', time: 0 }, '"delay" is no number'],
    [{ type: 'timer_set', cell: 1, id: 1, delay: 1, time: null }, '"time" is no number'],
    [{ type: 'stored', cell: 1, key: 1, body: '' }, '"key" is no text'],
    [{ type: 'failed', cell: 1, body: '' }, '"limit" is no limit'],
    [{ type: 'failed', cell: 1, limit: 'everything', body: '' }, '"limit" is no limit'],
    [{ type: 'handled', cell: 1, count: Number.NaN }, '"count" is no count'],
    [{ type: 'ready', version: '1', pid: 1 }, '"version" is no number'],
    [{ type: 'pong', id: null }, '"id" is no number'],
  ])('%j is refused', (value, reason) => {
    expect(() => parseFromHost(value)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_VIOLATION', message: `Cannot read a message: ${reason}` }),
    )
  })

  test('keeps the fields it has, and no others', () => {
    expect(parseFromHost({ type: 'text', cell: 1, body: 'a', extra: 1 })).toEqual([
      { type: 'text', cell: 1, body: 'a' },
    ])
  })
})

/** What a host says about a cell that it was asked to run, and what comes of it. */
type Lie = [name: string, messages: (cell: number) => FromHost[], end: Partial<Outcome>, calls: unknown[]]

const breach = (what: string): Partial<Outcome> => ({
  type: 'failed',
  errorText: `exec runtime ended unexpectedly: its host reported ${what}, which is not possible`,
})
const printed = (...items: string[]): Partial<Outcome> => ({
  type: 'completed',
  items: items.map((text) => ({ type: 'input_text', text })),
})
const call = (cell: number, id: number, tool = 'echo', body = '{"n":1}'): FromHost => ({
  type: 'tool_call',
  cell,
  id,
  tool,
  body,
})
const text = (cell: number, body: string): FromHost => ({ type: 'text', cell, body })
const completed = (cell: number): FromHost => ({ type: 'completed', cell })

const oddNumbers = [-1, -Infinity, 1e300, Infinity]

const lies: Lie[] = [
  [
    'speaks of cells it was never given',
    (c) => [
      text(0, 'a'),
      text(c + 1, 'b'),
      call(c + 1, 1),
      completed(c + 1),
      { type: 'stopped', cell: 99 },
      completed(c),
    ],
    printed(),
    [],
  ],
  ['blames a cell it was never given', (c) => [{ type: 'stuck', cell: c + 1, body: 'x' }], printed('honest'), []],
  ['blames the cell', (c) => [{ type: 'stuck', cell: c, body: 'x' }], { type: 'failed' }, []],
  ['calls a tool that is not offered', (c) => [call(c, 1, 'rm')], breach('a call of "rm"'), []],
  ['calls __proto__', (c) => [call(c, 1, '__proto__')], breach('a call of "__proto__"'), []],
  ['calls constructor', (c) => [call(c, 1, 'constructor')], breach('a call of "constructor"'), []],
  ['calls a tool by an empty name', (c) => [call(c, 1, '')], breach('a call of ""'), []],
  ['begins with call 2', (c) => [call(c, 2)], breach('a call of "echo"'), []],
  ['begins with call 0', (c) => [call(c, 0)], breach('a call of "echo"'), []],
  ['repeats a call', (c) => [call(c, 1), call(c, 1)], breach('a call of "echo"'), [{ n: 1 }]],
  ['leaves a call out', (c) => [call(c, 1), call(c, 3)], breach('a call of "echo"'), [{ n: 1 }]],
  ['sends an input that is no JSON', (c) => [call(c, 1, 'echo', '{'), text(c, 'a'), completed(c)], printed('a'), []],
  ['sends an input that is no object', (c) => [call(c, 1, 'echo', '[1]'), completed(c)], printed(), []],
  [
    'sends a prototype as input',
    (c) => [call(c, 1, 'echo', '{"__proto__":{"x":1}}'), completed(c)],
    printed(),
    [JSON.parse('{"__proto__":{"x":1}}')],
  ],
  [
    'ends twice',
    (c) => [completed(c), { type: 'failed', cell: c, limit: null, body: 'x' }, completed(c)],
    printed(),
    [],
  ],
  [
    'goes on after the end',
    (c) => [text(c, 'a'), completed(c), text(c, 'b'), call(c, 1), { type: 'stored', cell: c, key: 'k', body: '1' }],
    printed('a'),
    [],
  ],
  [
    'goes on after it stopped',
    (c) => [completed(c), { type: 'stopped', cell: c }, text(c, 'b'), call(c, 1), { type: 'stopped', cell: c }],
    printed(),
    [],
  ],
  ['ends before it starts', (c) => [completed(c), { type: 'started', cell: c }], printed(), []],
  ['starts twice', (c) => [{ type: 'started', cell: c }, { type: 'started', cell: c }, completed(c)], printed(), []],
  [
    'sets odd timers',
    (c) => [
      ...oddNumbers.map((delay) => ({ type: 'timer_set', cell: c, id: 1, delay, time: 0 }) as const),
      { type: 'timer_cleared', cell: c, id: 77 },
      completed(c),
    ],
    printed(),
    [],
  ],
  [
    'sets timers at odd times',
    (c) => [
      ...oddNumbers.map((time) => ({ type: 'timer_set', cell: c, id: 1, delay: 1, time }) as const),
      { type: 'timer_cleared', cell: c, id: 77 },
      completed(c),
    ],
    printed(),
    [],
  ],
  [
    'handles commands that it never got',
    (c) => [{ type: 'handled', cell: c, count: 2 ** 50 }],
    { type: 'yielded', stalled: true },
    [],
  ],
  [
    'answers pings that nobody sent',
    (c) => [{ type: 'pong', id: 9 }, { type: 'pong', id: 0 }, completed(c)],
    printed(),
    [],
  ],
  ['turns out to be of another version', () => [{ type: 'ready', version: 999, pid: 1 }], printed('honest'), []],
  [
    'stores keys like __proto__',
    (c) => [{ type: 'stored', cell: c, key: '__proto__', body: '{"x":1}' }, completed(c)],
    printed(),
    [],
  ],
  [
    'says that nothing compiles, and again',
    (c) => [
      { type: 'rejected', cell: c, body: 'SyntaxError: a' },
      { type: 'rejected', cell: c, body: 'SyntaxError: b' },
    ],
    { type: 'failed' },
    [],
  ],
]

/** What only the prelude counts while a host is sound, and the session counts again. */
const unseen: Lie[] = [
  [
    'stops the cell without an end',
    (c) => [
      { type: 'started', cell: c },
      { type: 'stopped', cell: c },
    ],
    { type: 'failed' },
    [],
  ],
  [
    'makes more calls than are allowed',
    (c) => [call(c, 1), call(c, 2), call(c, 3), completed(c)],
    { type: 'failed' },
    [{ n: 1 }, { n: 1 }],
  ],
  [
    'sets more timers than are allowed',
    (c) =>
      [1, 2, 3, 4, 5]
        .map((id): FromHost => ({ type: 'timer_set', cell: c, id, delay: 1e6, time: 0 }))
        .concat(completed(c)),
    { type: 'failed' },
    [],
  ],
  [
    'notifies more than is allowed',
    (c) => ['a', 'b', 'c'].map((body): FromHost => ({ type: 'notify', cell: c, body })).concat(completed(c)),
    { type: 'failed' },
    [],
  ],
  [
    'stores more than is allowed',
    (c) => ['a', 'b', 'c'].map((key): FromHost => ({ type: 'stored', cell: c, key, body: '1' })).concat(completed(c)),
    { type: 'failed' },
    [],
  ],
  [
    'fails with more text than is allowed',
    (c) => [{ type: 'failed', cell: c, limit: null, body: 'x'.repeat(1000) }],
    { type: 'failed', errorText: `${'x'.repeat(100)}…${'x'.repeat(100)}` },
    [],
  ],
]

describe('a host that lies', () => {
  const closing: (() => Promise<void>)[] = []
  afterAll(() => Promise.all(closing.map((close) => close())))

  async function run([, messages]: Lie): Promise<{ outcome: Outcome; calls: unknown[] }> {
    const script: Script = { started: ({ cell }, say) => say(...messages(cell)) }
    const { pool } = scriptedPool(script)
    const calls: unknown[] = []
    const session = await createSession({
      hosts: pool,
      limits: { toolCalls: 2, timers: 4, notifications: 2, storedKeys: 2, errorBytes: 200 },
      tools: [{ name: 'echo', call: (input) => (calls.push(input), input) }],
    })
    closing.push(() => session.close())
    const outcome = await session.execute('text(1)', { yieldTimeMs: 500 })
    return { outcome, calls }
  }

  test.each(lies)('%s: it fails its cell or itself', async (...lie) => {
    const { outcome, calls } = await run(lie)
    expect(outcome).toMatchObject(lie[2])
    expect(calls).toEqual(lie[3])
  })

  test('and does not obey is killed, and its cell is terminated', async () => {
    const { pool, hosts } = scriptedPool({
      started: ({ cell }, say) => say({ type: 'started', cell }, text(cell, 'a')),
      obeys: false,
    })
    await using session = await createSession({ hosts: pool })
    await session.execute('text(1)', { yieldTimeMs: 0 })
    expect(await session.terminate('1')).toMatchObject({ type: 'terminated' })
    expect(hosts.map(({ isOver }) => isOver)).toEqual([true])
    expect(await session.execute('text(1)')).toMatchObject(printed('honest'))
  })

  test('and floods a cell that has failed is killed', async () => {
    const flood: Script = {
      started: ({ cell }, say) => {
        for (let n = 0; n < 1000; n++) say(text(cell, 'x'.repeat(1000)))
      },
      obeys: false,
    }
    const { pool, hosts } = scriptedPool(flood)
    await using session = await createSession({ hosts: pool, limits: { outputBytes: 10_000 } })
    expect(await session.execute('text(1)')).toMatchObject({ type: 'failed', limit: 'output_bytes' })
    await expect.poll(() => hosts[0]?.isOver, { timeout: 5000 }).toBe(true)
    expect(await session.execute('text(1)')).toMatchObject(printed('honest'))
  })

  test('and wants a kept output again and again is killed, and is not given it each time', async () => {
    const wishes: Script = {
      started: ({ cell }, say) => {
        say({ type: 'started', cell })
        for (let n = 0; n < 100; n++) say({ type: 'output_wanted', cell, output: 1 })
      },
    }
    const { pool, hosts } = scriptedPool(wishes)
    await using session = await createSession({ hosts: pool })
    session.keepOutput('1', 'kept', { isCut: true, isLast: true })
    const outcome = await session.execute('load("output:1")')
    expect(outcome).toMatchObject({
      type: 'failed',
      errorText: 'exec runtime ended unexpectedly: its host wanted the same output again and again',
    })
    expect(hosts[0]?.isOver).toBe(true)
    const given = hosts[0]?.received.filter(({ type }) => type === 'kept_output')
    expect(given).toEqual(
      Array.from({ length: 8 }, () => ({ type: 'kept_output', cell: 1, output: 1, found: true, body: 'kept' })),
    )
  })

  test('and takes another way when a cell is run again fails it, with no call made twice', async () => {
    const calls: unknown[] = []
    const tool = { name: 'echo', call: (input: unknown) => (calls.push(input), new Promise(() => undefined)) }
    const first: Script = { started: ({ cell }, say) => say({ type: 'started', cell }, text(cell, 'a'), call(cell, 1)) }
    const second: Script = {
      started: ({ cell }, say) => say({ type: 'started', cell }, text(cell, 'other'), call(cell, 1), completed(cell)),
    }
    const { pool, hosts } = scriptedPool(first, second)
    await using session = await createSession({ hosts: pool, tools: [tool] })
    expect(await session.execute('text(1)', { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded' })
    await expect.poll(() => calls.length, { timeout: 5000 }).toBe(1)
    hosts[0]?.kill()
    expect(await session.observe('1')).toMatchObject({
      type: 'failed',
      errorText: 'the program did not take the same way when it was run again',
    })
    expect(calls).toEqual([{ n: 1 }])
  })

  test('and says nothing at all does not hold up who waits', { timeout: 3000 }, async () => {
    const { pool } = scriptedPool({ started: () => undefined })
    const session = await createSession({ hosts: pool })
    closing.push(() => session.close())
    expect(await session.execute('text(1)', { yieldTimeMs: 100 })).toMatchObject({ type: 'yielded' })
  })

  test.each(unseen)('%s: the session sees it', async (...lie) => {
    const { outcome, calls } = await run(lie)
    expect(outcome).toMatchObject(lie[2])
    expect(calls).toEqual(lie[3])
  })
})
