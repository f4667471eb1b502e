import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { createSession, type CellOutcome } from '../../src/index.ts'
import type { FromHost } from '../../src/protocol/message.ts'
import { Gate } from '../support/gate.ts'
import { scriptedPool, type Script } from './scripted-host.ts'
import { sessionParts } from '../support/session-parts.ts'

const longYieldTime = { yieldTimeMs: 600_000 }

/** The messages of a host about a cell that it runs, the resulting outcome, and the calls that the session makes. */
type Lie = [name: string, messages: (cell: number) => FromHost[], end: Partial<CellOutcome>, calls: unknown[]]

const breach = (claim: string): Partial<CellOutcome> => ({
  type: 'failed',
  errorText: `exec runtime ended unexpectedly: its host reported ${claim}, which is impossible`,
})
const printed = (...items: string[]): Partial<CellOutcome> => ({
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
    'reports events of cells that it does not run',
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
  [
    'attributes a hang to a cell that it does not run',
    (c) => [{ type: 'stuck', cell: c + 1, body: 'x' }],
    printed('honest'),
    [],
  ],
  ['attributes a hang to its cell', (c) => [{ type: 'stuck', cell: c, body: 'x' }], { type: 'failed' }, []],
  ['calls a tool that is not offered', (c) => [call(c, 1, 'rm')], breach('a call of "rm"'), []],
  ['calls __proto__', (c) => [call(c, 1, '__proto__')], breach('a call of "__proto__"'), []],
  ['calls constructor', (c) => [call(c, 1, 'constructor')], breach('a call of "constructor"'), []],
  ['calls a tool by an empty name', (c) => [call(c, 1, '')], breach('a call of ""'), []],
  ['begins with call 2', (c) => [call(c, 2)], breach('a call of "echo"'), []],
  ['begins with call 0', (c) => [call(c, 0)], breach('a call of "echo"'), []],
  ['repeats a call', (c) => [call(c, 1), call(c, 1)], breach('a call of "echo"'), [{ n: 1 }]],
  ['skips a call', (c) => [call(c, 1), call(c, 3)], breach('a call of "echo"'), [{ n: 1 }]],
  ['sends an input that is not JSON', (c) => [call(c, 1, 'echo', '{'), text(c, 'a'), completed(c)], printed('a'), []],
  ['sends an input that is not an object', (c) => [call(c, 1, 'echo', '[1]'), completed(c)], printed(), []],
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
    'continues after the end',
    (c) => [text(c, 'a'), completed(c), text(c, 'b'), call(c, 1), { type: 'stored', cell: c, key: 'k', body: '1' }],
    printed('a'),
    [],
  ],
  [
    'continues after it stopped',
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
    'handles commands that it never received',
    (c) => [{ type: 'handled', cell: c, count: 2 ** 50 }],
    { type: 'yielded', stalled: true },
    [],
  ],
  [
    'responds to pings that were not sent',
    (c) => [{ type: 'pong', id: 9 }, { type: 'pong', id: 0 }, completed(c)],
    printed(),
    [],
  ],
  ['reports another version', () => [{ type: 'ready', version: 999, pid: 1, engine: null }], printed('honest'), []],
  [
    'stores keys like __proto__',
    (c) => [{ type: 'stored', cell: c, key: '__proto__', body: '{"x":1}' }, completed(c)],
    printed(),
    [],
  ],
  [
    'rejects the source twice',
    (c) => [
      { type: 'rejected', cell: c, body: 'SyntaxError: a' },
      { type: 'rejected', cell: c, body: 'SyntaxError: b' },
    ],
    { type: 'failed' },
    [],
  ],
]

/** Lies that the prelude of an honest host prevents. The session must detect them too. */
const fatalLies: Lie[] = [
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
    'makes more calls than its limit',
    (c) => [call(c, 1), call(c, 2), call(c, 3), completed(c)],
    { type: 'failed' },
    [{ n: 1 }, { n: 1 }],
  ],
  [
    'sets more timers than its limit',
    (c) =>
      [1, 2, 3, 4, 5]
        .map((id): FromHost => ({ type: 'timer_set', cell: c, id, delay: 1e6, time: 0 }))
        .concat(completed(c)),
    { type: 'failed' },
    [],
  ],
  [
    'sends more notifications than its limit',
    (c) => ['a', 'b', 'c'].map((body): FromHost => ({ type: 'notify', cell: c, body })).concat(completed(c)),
    { type: 'failed' },
    [],
  ],
  [
    'stores more keys than its limit',
    (c) => ['a', 'b', 'c'].map((key): FromHost => ({ type: 'stored', cell: c, key, body: '1' })).concat(completed(c)),
    { type: 'failed' },
    [],
  ],
  [
    'fails with a longer error than its limit',
    (c) => [{ type: 'failed', cell: c, limit: null, body: 'x'.repeat(1000) }],
    { type: 'failed', errorText: `${'x'.repeat(100)}…${'x'.repeat(100)}` },
    [],
  ],
]

describe('a host that lies', () => {
  const closing: (() => Promise<void>)[] = []
  afterAll(() => Promise.all(closing.map((close) => close())))

  async function run([, messages]: Lie): Promise<{ outcome: CellOutcome; calls: unknown[] }> {
    const script: Script = { onStart: ({ cell }, emit) => emit(...messages(cell)) }
    const { pool } = scriptedPool(script)
    const calls: unknown[] = []
    const session = await createSession({
      hosts: pool,
      limits: {
        maxToolCallsPerCell: 2,
        maxTimersPerCell: 4,
        maxNotificationsPerCell: 2,
        maxStoredKeysPerSession: 2,
        maxErrorChars: 200,
      },
      tools: [{ name: 'echo', call: (input) => (calls.push(input), input) }],
    })
    closing.push(() => session.close())
    const outcome = await session.execute('text(1)', longYieldTime)
    return { outcome, calls }
  }

  test.each(lies)('a host that %s harms only its own cells', async (...lie) => {
    const { outcome, calls } = await run(lie)
    expect(outcome).toMatchObject(lie[2])
    expect(calls).toEqual(lie[3])
  })

  test('a pool kills a host that ignores a termination', async () => {
    const { pool, hosts } = scriptedPool({
      onStart: ({ cell }, emit) => emit({ type: 'started', cell }, text(cell, 'a')),
      obeysTermination: false,
    })
    await using session = await createSession({ hosts: pool })
    await session.execute('text(1)', { yieldTimeMs: 0 })
    expect(await session.terminate('1')).toMatchObject({ type: 'terminated' })
    expect(hosts.map(({ isOver }) => isOver)).toEqual([true])
    expect(await session.execute('text(1)', longYieldTime)).toMatchObject(printed('honest'))
  })

  test('a pool kills a host that floods a failed cell', async () => {
    const flood: Script = {
      onStart: ({ cell }, emit) => {
        for (let n = 0; n < 1000; n++) emit(text(cell, 'x'.repeat(1000)))
      },
      obeysTermination: false,
    }
    const { pool, hosts } = scriptedPool(flood)
    await using session = await createSession({ hosts: pool, limits: { maxUnreadOutputBytesPerCell: 10_000 } })
    expect(await session.execute('text(1)', longYieldTime)).toMatchObject({ type: 'failed', limit: 'output_bytes' })
    await hosts[0]?.ended
    expect(await session.execute('text(1)', longYieldTime)).toMatchObject(printed('honest'))
  })

  test('a pool kills a host that requests a retained output repeatedly', async () => {
    const requests: Script = {
      onStart: ({ cell }, emit) => {
        emit({ type: 'started', cell })
        for (let n = 0; n < 100; n++) emit({ type: 'output_wanted', cell, output: 1 })
      },
    }
    const { pool, hosts } = scriptedPool(requests)
    await using session = await createSession({ hosts: pool })
    sessionParts(session).retainedOutputs.add('1', 'kept', { isCut: true, isLast: true })
    const outcome = await session.execute('load("output:1")', longYieldTime)
    expect(outcome).toMatchObject({
      type: 'failed',
      errorText: 'exec runtime ended unexpectedly: its host requested the same output too often',
    })
    expect(hosts[0]?.isOver).toBe(true)
    const responses = hosts[0]?.received.filter(({ type }) => type === 'kept_output')
    expect(responses).toEqual(
      Array.from({ length: 8 }, () => ({ type: 'kept_output', cell: 1, output: 1, found: true, body: 'kept' })),
    )
  })

  test('a cell fails when its replay on another host differs, and no call is made twice', async () => {
    const gate = new Gate()
    const script = (body: string): Script => ({
      onStart: ({ cell }, emit) => emit({ type: 'started', cell }, text(cell, body), call(cell, 1, 'gate')),
    })
    const { pool, hosts } = scriptedPool(script('a'), script('other'))
    await using session = await createSession({ hosts: pool, tools: [gate.tool] })
    expect(await session.execute('text(1)', { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded' })
    await gate.called(1)
    hosts[0]?.kill()
    expect(await session.observe('1', longYieldTime)).toMatchObject({
      type: 'failed',
      errorText: 'the replay of the program diverged from its recorded run: event 1 is a text again, with another text',
    })
    expect(gate.calls).toEqual([{ n: 1 }])
  })

  test('a silent host does not delay the end of an observation', async () => {
    const { pool } = scriptedPool({ onStart: () => undefined })
    const session = await createSession({ hosts: pool })
    closing.push(() => session.close())
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const outcome = session.execute('text(1)', { yieldTimeMs: 100 })
      await vi.advanceTimersByTimeAsync(5000)
      expect(await outcome).toMatchObject({ type: 'yielded' })
    } finally {
      vi.useRealTimers()
    }
  })

  test.each(fatalLies)('a host that %s fails its cell', async (...lie) => {
    const { outcome, calls } = await run(lie)
    expect(outcome).toMatchObject(lie[2])
    expect(calls).toEqual(lie[3])
  })
})

test('timers of one command fire in the order of their delays, even when its messages arrive slowly', async () => {
  const delays = [90, 0, 45, 45, 45]
  const fired: (number | undefined)[] = []
  const { pool } = scriptedPool({
    onStart: ({ cell }, emit) => void emitTimers(cell, emit),
    onCommand: (command, emit) => {
      if (command.type === 'timeout_fired') fired.push(delays[command.id])
      if (fired.length === delays.length) emit(completed(command.cell))
      emit({ type: 'handled', cell: command.cell, count: fired.length + 1 })
    },
  })
  async function emitTimers(cell: number, emit: (...messages: FromHost[]) => void): Promise<void> {
    emit({ type: 'started', cell })
    const time = Date.now()
    for (const [id, delay] of delays.entries()) {
      emit({ type: 'timer_set', cell, id, delay, time })
      // Waits because the timers must be set at different times.
      await pause(30)
    }
    emit({ type: 'handled', cell, count: 1 })
  }
  await using session = await createSession({ hosts: pool })
  expect(await session.execute('text(1)', longYieldTime)).toMatchObject({ type: 'completed' })
  expect(fired).toEqual([0, 45, 45, 45, 90])
})
