import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createSession, type CellOutcome, type Session } from '../../../src/index.ts'
import type { FromHost } from '../../../src/protocol/message.ts'
import { scriptedPool } from '../../hostile/scripted-host.ts'
import { textsOf } from '../../support/texts.ts'

// A host that takes longer than the yield time, as on a busy machine.

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Lets the session and the host exchange what is under way. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A session whose host emits only what the test wants. */
async function slowSession(): Promise<{
  readonly session: Session
  readonly emit: (...messages: FromHost[]) => void
  readonly commands: number[]
  readonly result: PromiseWithResolvers<unknown>
}> {
  const commands: number[] = []
  const result = Promise.withResolvers<unknown>()
  const { pool, hosts } = scriptedPool({
    onStart: () => undefined,
    onCommand: (command) => void commands.push(command.id),
  })
  const tool = { name: 'ask', call: () => result.promise }
  const session = await createSession({ hosts: pool, tools: [tool] })
  return { session, emit: (...messages) => hosts[0]?.emit(...messages), commands, result }
}

/** Notes the outcome when it arrives. */
function watch(outcome: Promise<CellOutcome>): { outcome: CellOutcome | null } {
  const watched: { outcome: CellOutcome | null } = { outcome: null }
  void outcome.then((value) => (watched.outcome = value))
  return watched
}

const cell = 1

test('a yield waits for the first output of a program that has started', async () => {
  const { session, emit } = await slowSession()
  const watched = watch(session.execute('text("a")', { yieldTimeMs: 10 }))
  await settle()
  emit({ type: 'started', cell })
  vi.advanceTimersByTime(100)
  await settle()
  expect(watched.outcome).toBeNull()
  emit({ type: 'text', cell, body: 'a' }, { type: 'tool_call', cell, id: 1, tool: 'ask', body: '{}' })
  emit({ type: 'handled', cell, count: 1 })
  await settle()
  expect(watched.outcome).toMatchObject({ type: 'yielded', items: [{ text: 'a' }] })
})

test('a yield time starts when the program does', async () => {
  const { session, emit } = await slowSession()
  const watched = watch(session.execute('text("a")', { yieldTimeMs: 10 }))
  await settle()
  vi.advanceTimersByTime(3900)
  emit({ type: 'started', cell }, { type: 'text', cell, body: 'a' })
  emit({ type: 'tool_call', cell, id: 1, tool: 'ask', body: '{}' }, { type: 'handled', cell, count: 1 })
  await settle()
  vi.advanceTimersByTime(9)
  await settle()
  expect(watched.outcome).toBeNull()
  vi.advanceTimersByTime(1)
  await settle()
  expect(watched.outcome).toMatchObject({ type: 'yielded', items: [{ text: 'a' }] })
})

test('a program that never starts yields four seconds late', async () => {
  const { session } = await slowSession()
  const watched = watch(session.execute('text("a")', { yieldTimeMs: 10 }))
  await settle()
  vi.advanceTimersByTime(4009)
  await settle()
  expect(watched.outcome).toBeNull()
  vi.advanceTimersByTime(251)
  await settle()
  expect(watched.outcome).toMatchObject({ type: 'yielded', items: [] })
})

test('a program that computes for long yields within 250 ms', async () => {
  const { session, emit } = await slowSession()
  const watched = watch(session.execute('for (;;);', { yieldTimeMs: 10 }))
  await settle()
  emit({ type: 'started', cell }, { type: 'text', cell, body: 'a' })
  vi.advanceTimersByTime(10)
  await settle()
  vi.advanceTimersByTime(250)
  await settle()
  expect(watched.outcome).toMatchObject({ type: 'yielded', items: [{ text: 'a' }] })
})

test('a due yield of a wait waits for what a settled call prints', async () => {
  const { session, emit, commands, result } = await slowSession()
  const first = watch(session.execute('text(await tools.ask({}))', { yieldTimeMs: 10 }))
  await settle()
  emit({ type: 'started', cell }, { type: 'tool_call', cell, id: 1, tool: 'ask', body: '{}' })
  emit({ type: 'handled', cell, count: 1 })
  vi.advanceTimersByTime(10)
  await settle()
  expect(first.outcome).toMatchObject({ type: 'yielded', items: [] })
  const second = watch(session.observe('1', { yieldTimeMs: 10 }))
  result.resolve('b')
  await settle()
  expect(commands).toEqual([1])
  vi.advanceTimersByTime(100)
  await settle()
  expect(second.outcome).toBeNull()
  emit({ type: 'text', cell, body: 'b' }, { type: 'handled', cell, count: 2 })
  await settle()
  expect(second.outcome).toMatchObject({ type: 'yielded', items: [{ text: 'b' }] })
})

test('a preempted observation does not wait for the program', async () => {
  const { session, emit } = await slowSession()
  const preempt = new AbortController()
  const watched = watch(session.execute('text("a")', { yieldTimeMs: 10, preempt: preempt.signal }))
  await settle()
  emit({ type: 'started', cell })
  preempt.abort()
  await settle()
  expect(watched.outcome).toMatchObject({ type: 'yielded', items: [] })
})

test('a program that ends while its yield is due completes', async () => {
  const { session, emit } = await slowSession()
  const watched = watch(session.execute('text("a")', { yieldTimeMs: 10 }))
  await settle()
  emit({ type: 'started', cell })
  vi.advanceTimersByTime(10)
  emit({ type: 'text', cell, body: 'a' }, { type: 'completed', cell })
  emit({ type: 'handled', cell, count: 1 }, { type: 'stopped', cell })
  await settle()
  expect(watched.outcome?.type).toBe('completed')
  expect(watched.outcome === null ? [] : textsOf(watched.outcome)).toEqual(['a'])
})
