import { describe, expect, test } from 'vitest'
import { createSession, limitRanges, type LimitName, type Limits, type CellOutcome } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'

const hosts = sharedHosts('default')
const longYieldTime = { yieldTimeMs: 600_000 }

const tools = [
  { name: 'echo', call: (input: unknown) => input },
  { name: 'hang', call: () => new Promise(() => undefined) },
  { name: 'big', call: () => 'x'.repeat(98) },
  { name: 'deep', call: () => [[[['x']]]] },
]

async function run(limits: Partial<Limits>, source: string): Promise<CellOutcome> {
  await using session = await createSession({ hosts, tools, limits })
  return await session.execute(source, longYieldTime)
}

const limitText = (resource: string, limit: number, observed: number): string =>
  `resource limit exceeded: code=resource_exhausted resource=${resource} limit=${limit} observed=${observed}`

/** Limits that a cell can catch: a program at the limit, a step over it, and the error of that step. */
const caught: [name: LimitName, limits: Partial<Limits>, atLimit: string, over: string, error: string][] = [
  [
    'maxToolCallsPerCell',
    { maxToolCallsPerCell: 2 },
    'await tools.echo(); await tools.echo()',
    'tools.echo()',
    limitText('tool_calls', 2, 3),
  ],
  [
    'maxPendingToolCallsPerCell',
    { maxPendingToolCallsPerCell: 2 },
    'tools.hang(); tools.hang()',
    'tools.hang()',
    limitText('pending_tool_calls', 2, 3),
  ],
  [
    'maxInputBytesPerCall',
    { maxInputBytesPerCall: 12 },
    'await tools.echo({ a: "1234" })',
    'tools.echo({ a: "12345" })',
    limitText('argument_bytes', 12, 13),
  ],
  [
    'maxInputBytesPerCall',
    { maxInputBytesPerCall: 12 },
    'await tools.echo({ a: "éé" })',
    'await tools.echo({ a: "éé1" })',
    limitText('argument_bytes', 12, 13),
  ],
  [
    'maxResultBytesPerCall',
    { maxResultBytesPerCall: 100 },
    'await tools.big()',
    'await tools.echo({ a: "x".repeat(93) })',
    limitText('result_bytes', 100, 101),
  ],
  [
    'maxJsonDepth',
    { maxJsonDepth: 4 },
    'await tools.deep()',
    'await tools.echo({ a: [[[[]]]] })',
    'failed to serialize JavaScript value: recursion limit exceeded at line 1 column 5',
  ],
  [
    'maxJsonDepth',
    { maxJsonDepth: 3 },
    'await tools.echo({ a: [[]] })',
    'await tools.deep()',
    limitText('json_depth', 3, 4),
  ],
  [
    'maxNotificationsPerCell',
    { maxNotificationsPerCell: 2 },
    'notify(1); notify(2)',
    'notify(3)',
    limitText('notifications', 2, 3),
  ],
  [
    'maxNotificationChars',
    { maxNotificationChars: 4 },
    'notify("1234")',
    'notify("12345")',
    limitText('notification_bytes', 4, 5),
  ],
  [
    'maxStoredValueChars',
    { maxStoredValueChars: 4 },
    'store("k", 123)',
    'store("k", 1234)',
    limitText('stored_value_bytes', 4, 5),
  ],
  [
    'maxStoredCharsPerSession',
    { maxStoredCharsPerSession: 4 },
    'store("a", 1); store("b", 1)',
    'store("c", 1)',
    limitText('stored_bytes', 4, 6),
  ],
  [
    'maxStoredKeysPerSession',
    { maxStoredKeysPerSession: 2 },
    'store("a", 1); store("b", 1)',
    'store("c", 1)',
    limitText('stored_keys', 2, 3),
  ],
  [
    'maxTimersPerCell',
    { maxTimersPerCell: 2 },
    'setTimeout(() => {}, 9e9); setTimeout(() => {}, 9e9)',
    'setTimeout(() => {}, 1)',
    limitText('timers', 2, 3),
  ],
  [
    'toolTimeoutMs',
    { toolTimeoutMs: 20 },
    'await tools.echo()',
    'await tools.hang()',
    limitText('tool_timeout_ms', 20, 20),
  ],
]

/** Limits that end the cell. */
const fatal: [name: LimitName, limits: Partial<Limits>, atLimit: string, over: string, error: string | RegExp][] = [
  [
    'maxUnreadOutputBytesPerCell',
    { maxUnreadOutputBytesPerCell: 10 },
    'text("12345"); text("12345")',
    'text("12345"); text("123456")',
    limitText('output_bytes', 10, 11),
  ],
  [
    'maxUnreadOutputBytesPerCell',
    { maxUnreadOutputBytesPerCell: 10 },
    'text("ééééé")',
    'text("éééééé")',
    limitText('output_bytes', 10, 12),
  ],
  [
    'maxCpuMsPerCell',
    { maxCpuMsPerCell: 150 },
    'await new Promise((r) => setTimeout(r, 200))',
    'for (;;);',
    /resource=cpu_ms limit=150 observed=\d/,
  ],
  [
    'maxStallMs',
    { maxStallMs: 150 },
    'await new Promise((r) => setTimeout(r, 200))',
    'for (;;);',
    /resource=stall_ms limit=150 observed=/,
  ],
  [
    'maxMemoryMbPerCell',
    { maxMemoryMbPerCell: 32 },
    '"x".repeat(1e6)',
    'const a = []; for (;;) a.push({ a })',
    /resource=memory_mb limit=32 observed=/,
  ],
]

describe('a limit that a cell can catch', () => {
  test.each(caught)('a cell can catch the limit %s: %j', async (_name, limits, atLimit, over, error) => {
    const outcome = await run(
      limits,
      `${atLimit}; text("fine"); try { ${over}; text("passed") } catch (e) { text(e) }; exit()`,
    )
    expect(textsOf(outcome)).toEqual(['fine', error])
    expect(outcome.type).toBe('completed')
  })
})

describe('a limit that ends the cell', () => {
  test.each(fatal)('the limit %s ends the cell: %j', async (_name, limits, atLimit, over, error) => {
    expect((await run(limits, atLimit)).type).toBe('completed')
    const outcome = await run(limits, `store("kept", 1); ${over}`)
    expect(outcome).toMatchObject({
      type: 'failed',
      errorText: typeof error === 'string' ? error : expect.stringMatching(error),
    })
    expect(outcome.type === 'failed' && outcome.limit).not.toBe(null)
  })
})

describe('a limit of the session', () => {
  test('the limit maxSourceBytes rejects a longer source', async () => {
    await using session = await createSession({ hosts, limits: { maxSourceBytes: 10 } })
    expect(textsOf(await session.execute('text("é")'))).toEqual(['é'])
    await expect(session.execute('text("éé")')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'Cannot start a cell: the source has 12 bytes, the limit is 10',
    })
  })

  test('the limit maxCellsPerSession rejects another cell until one has ended', async () => {
    await using session = await createSession({ hosts, tools, limits: { maxCellsPerSession: 1 } })
    await session.execute('await tools.hang()', { yieldTimeMs: 0 })
    await expect(session.execute('text(1)')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await session.terminate('1')
    expect(textsOf(await session.execute('text(1)'))).toEqual(['1'])
  })

  test('the limit maxErrorChars truncates an error message in the middle', async () => {
    const outcome = await run({ maxErrorChars: 16 }, 'throw "0123456789abcdef-"')
    expect(outcome).toMatchObject({ type: 'failed', errorText: '01234567…9abcdef-' })
  })

  test('the limit notificationTimeoutMs ends the delivery of a notification', async () => {
    await using session = await createSession({
      hosts,
      limits: { notificationTimeoutMs: 20 },
      onNotification: () => new Promise(() => undefined),
    })
    expect((await session.execute('notify("x")', longYieldTime)).type).toBe('completed')
  })

  test.each(Object.entries(limitRanges))('the limit %s accepts its range and nothing beyond', async (name, range) => {
    for (const value of [range.min, range.max, range.default]) {
      await using session = await createSession({ hosts, limits: { [name]: value } })
      expect(session).toBeDefined()
    }
    for (const value of [range.min - 1, range.max + 1, range.default + 0.5, Number.NaN, '5']) {
      await expect(createSession({ hosts, limits: { [name]: value } })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      })
    }
  })

  test('a session names the unknown limit that it rejects', async () => {
    const limits: object = { memoryMB: 5 }
    await expect(createSession({ hosts, limits })).rejects.toThrow('Cannot set limit "memoryMB": unknown limit')
  })
})
