import { readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createSession, type Limits, type CellOutcome, type SessionOptions, type Tool } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'

const hosts = sharedHosts('default')

async function run(limits: Partial<Limits>, source: string, options: SessionOptions = {}): Promise<CellOutcome> {
  await using session = await createSession({ hosts, limits, ...options })
  return await session.execute(source, { yieldTimeMs: 60_000 })
}

const excess = (resource: string, limit: number, observed: number): object => ({
  type: 'failed',
  limit: resource,
  errorText: `resource limit exceeded: code=resource_exhausted resource=${resource} limit=${limit} observed=${observed}`,
})

describe('unread output', () => {
  test.each(['text("")', 'text("x")', 'image("data:,")', 'text("x".repeat(200))'])(
    'a cell fails when its unread output exceeds the limit of items: %s',
    async (print) => {
      const outcome = await run({ maxUnreadOutputItemsPerCell: 1000 }, `for (;;) ${print}`)
      expect(outcome).toMatchObject(excess('output_items', 1000, 1001))
      expect(textsOf(outcome)).toHaveLength(1000)
    },
  )

  test('a cell with the default limits fails while the heap of the agent stays small', async () => {
    const before = process.memoryUsage().heapUsed
    const outcome = await run({}, 'for (;;) text("")')
    expect(outcome).toMatchObject(excess('output_items', 100_000, 100_001))
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 2 ** 20)
  })

  test('output does not count toward the limit once a response contains it', async () => {
    await using session = await createSession({
      hosts,
      limits: { maxUnreadOutputBytesPerCell: 10, maxUnreadOutputItemsPerCell: 3 },
    })
    const print = 'text("123456789"); yield_control(); await new Promise((resolve) => setTimeout(resolve, 1));'
    let outcome = await session.execute(print.repeat(4))
    for (let round = 0; round < 4; round++) {
      expect(textsOf(outcome)).toEqual(['123456789'])
      outcome = await session.observe('1')
    }
    expect(outcome).toMatchObject({ type: 'completed', items: [] })
  })

  test('a session with overflow: cut truncates unread output and uses little memory', async () => {
    const options = { overflow: 'cut' } as const
    const many = await run(
      { maxUnreadOutputItemsPerCell: 10, maxUnreadOutputBytesPerCell: 10, maxEventsPerCell: 300_000 },
      'for (;;) text("x")',
      options,
    )
    expect(many).toMatchObject(excess('events', 300_000, 300_001))
    expect(textsOf(many).length).toBeLessThanOrEqual(32_768)
    const large = await run(
      { maxUnreadOutputBytesPerCell: 10 },
      'for (let n = 0; n < 300; n++) text("x".repeat(100_000))',
      options,
    )
    expect(large).toMatchObject({ type: 'completed' })
  })
})

describe('the limit of events', () => {
  test.each([
    'clearTimeout(setTimeout(() => 0, 1))',
    'store("k", 1)',
    'yield_control()',
    'text("")',
    'text("x".repeat(300))',
    'tools.t().catch(() => 0)',
  ])('a cell that does only %s fails at its limit of events', async (act) => {
    const tools: readonly Tool[] = [{ name: 't', call: () => 1 }]
    const source = `for (let n = 0; ; n++) { ${act}; if (n % 100 === 0) await new Promise((resolve) => resolve()) }`
    await using session = await createSession({ hosts, tools, limits: { maxEventsPerCell: 2000 } })
    let outcome = await session.execute(source)
    while (outcome.type === 'yielded') outcome = await session.observe('1')
    expect(outcome).toMatchObject(excess('events', 2000, 2001))
  })

  test('a cell that emits exactly as many events as its limit completes', async () => {
    expect(await run({ maxEventsPerCell: 3 }, 'text(1); text(2); text(3)')).toMatchObject({ type: 'completed' })
  })
})

describe('pending calls and notifications', () => {
  test('a call rejects when the inputs of pending calls exceed their limit', async () => {
    const gate = Promise.withResolvers<number>()
    const tools: readonly Tool[] = [
      { name: 'hang', call: () => gate.promise },
      { name: 'go', call: () => gate.resolve(1) },
    ]
    const outcome = await run(
      { maxPendingInputCharsPerCell: 100 },
      `const a = tools.hang({ a: "x".repeat(60) })
       try { await tools.hang({ a: "x".repeat(60) }) } catch (error) { text(error) }
       await tools.go({}); await a
       await tools.hang({ a: "x".repeat(60) }); text("again")`,
      { tools },
    )
    expect(textsOf(outcome)).toEqual([
      'resource limit exceeded: code=resource_exhausted resource=pending_argument_bytes limit=100 observed=136',
      'again',
    ])
  })

  test('a cell fails when its pending notifications exceed their limit', async () => {
    const outcome = await run(
      { maxPendingNotificationCharsPerCell: 100, notificationTimeoutMs: 1 },
      'for (;;) notify("x".repeat(30))',
      { onNotification: () => new Promise(() => undefined) },
    )
    expect(outcome).toMatchObject(excess('waiting_notification_bytes', 100, 120))
  })

  test('delivered notifications do not count toward the limit', async () => {
    const source = 'for (let n = 0; n < 20; n++) { notify("x".repeat(30)); await tools.t() }'
    const tools: readonly Tool[] = [{ name: 't', call: () => 1 }]
    expect(
      await run({ maxPendingNotificationCharsPerCell: 100 }, source, { tools, onNotification: () => 0 }),
    ).toMatchObject({
      type: 'completed',
    })
  })
})

/** Returns the spill files of this process. */
const spillFiles = (): readonly string[] =>
  readdirSync(tmpdir())
    .filter((name) => name.startsWith(`codecell-spill-${process.pid}-`))
    .flatMap((name) => readdirSync(join(tmpdir(), name)).map((file) => join(tmpdir(), name, file)))

describe('results that a session retains for a replay', () => {
  const document = 'é\u0000"\\'.repeat(1000)
  const tools: readonly Tool[] = [
    { name: 'read', call: (input) => `${document}${JSON.stringify(input)}` },
    { name: 'same', call: () => document },
  ]

  test.each([0, 10_000, 10_000_000])(
    'a replay returns the same results with %i characters in memory',
    async (replayChars) => {
      await using session = await createSession({
        hosts,
        tools,
        evictAfterMs: 0,
        limits: { maxReplayCharsInMemory: replayChars },
      })
      const outcome = await session.execute(
        `const seen = []
       for (let n = 0; n < 10; n++) {
         seen.push(await tools.read({ n }), await tools.same())
         if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 50))
       }
       text(new Set(seen).size); for (const one of seen) text(one.slice(-8)); text(seen[5].length)`,
        { yieldTimeMs: 60_000 },
      )
      const last = (n: number): string[] => [`\u0000"\\{"n":${n}}`.slice(-8), document.slice(-8)]
      expect(textsOf(outcome)).toEqual(['11', ...Array.from({ length: 10 }, (_, n) => last(n)).flat(), '4000'])
    },
  )

  test('a file of results is private to its owner and is deleted with its cell', async () => {
    const before = new Set(spillFiles())
    await using session = await createSession({ hosts, tools, limits: { maxReplayCharsInMemory: 0 } })
    await session.execute('await tools.read({ n: 1 }); yield_control(); await new Promise(() => 0)')
    const file = spillFiles().find((path) => !before.has(path)) ?? ''
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700)
    await session.terminate('1')
    expect(spillFiles().filter((path) => !before.has(path))).toEqual([])
  })

  test('a cell fails when the files of its results exceed the limit', async () => {
    const source = 'for (let n = 0; ; n++) await tools.read({ n })'
    const outcome = await run({ maxReplayCharsInMemory: 0, maxSpillBytes: 20_000 }, source, { tools })
    expect(outcome).toMatchObject({
      type: 'failed',
      errorText: expect.stringContaining('resource=spill_bytes limit=20000'),
    })
  })

  test('a session reverts a call whose input and result are on disk', async () => {
    const reverted: unknown[] = []
    const write: Tool = {
      name: 'write',
      call: (input) => input,
      revert: ({ input, result }) => reverted.push(input, result),
    }
    await using session = await createSession({ hosts, tools: [write], limits: { maxLedgerCharsInMemory: 0 } })
    await session.execute('await tools.write({ a: "x".repeat(200) })')
    expect(session.ledger()[0]?.input.length).toBe(101)
    expect((await session.revert('1')).calls[0]?.type).toBe('reverted')
    expect(reverted).toEqual([{ a: 'x'.repeat(200) }, { a: 'x'.repeat(200) }])
  })
})
