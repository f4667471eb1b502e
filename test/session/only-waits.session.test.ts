import { expect, test, vi } from 'vitest'
import type { Session, SessionOptions, Tool } from '../../src/index.ts'
import { onlyWaits } from '../../src/session/session-internals.ts'
import { openGated, quiet } from './barriers/gated-session.ts'
import { DeferringTool, openInMemory } from './deferred/deferring-session.ts'
import { Gate } from '../support/gate.ts'

const send: Tool = { name: 'send', needsApproval: 'ask', call: () => 1 }

/** Opens a session, and starts a cell without an observer after its first response. */
async function started(source: string, options: SessionOptions = {}): Promise<Session> {
  const session = await openInMemory(options)
  await session.execute(source, { yieldTimeMs: 1 })
  return session
}

test.each<[string, string, SessionOptions]>([
  ['a timer', 'await new Promise((done) => setTimeout(done, 600_000))', {}],
  ['a decision', 'await tools.send({})', { tools: [send], approvals: { hold: true } }],
  ['a deferred call', 'await tools.review({})', { tools: [new DeferringTool().tool] }],
  [
    'all of them',
    'setTimeout(() => {}, 600_000); await Promise.all([tools.send({}), tools.review({})])',
    { tools: [send, new DeferringTool().tool], approvals: { hold: true } },
  ],
  ['nothing that can happen', 'await new Promise(() => {})', {}],
])('a session whose cell waits for %s only waits', async (_name, source, options) => {
  await using session = await started(source, options)
  await expect.poll(() => onlyWaits(session)).toBe(true)
})

test('a session without cells, and one with a result that was not taken, only waits', async () => {
  await using session = await openInMemory({})
  expect(onlyWaits(session)).toBe(true)
  await session.execute('await new Promise((done) => setTimeout(done, 50)); text(1)', { yieldTimeMs: 1 })
  await expect.poll(() => onlyWaits(session)).toBe(true)
  expect(await session.observe('1')).toMatchObject({ type: 'completed' })
  expect(onlyWaits(session)).toBe(true)
})

test('a session whose tool runs does not only wait, also when other calls wait', async () => {
  const gate = new Gate()
  const tools = [gate.tool, new DeferringTool().tool]
  await using session = await started('await Promise.all([tools.review({}), tools.gate({})])', { tools })
  await gate.called(1)
  await quiet()
  expect(onlyWaits(session)).toBe(false)
  gate.open(1)
  await expect.poll(() => onlyWaits(session)).toBe(true)
})

test('a session whose cell computes does not only wait', async () => {
  await using session = await started('yield_control(); for (;;) {}')
  await quiet()
  expect(onlyWaits(session)).toBe(false)
  await session.terminate('1')
  expect(onlyWaits(session)).toBe(true)
})

test('a session whose cell is observed, or followed for its output, does not only wait', async () => {
  const tools = [new DeferringTool().tool]
  await using session = await started('await tools.review({})', { tools })
  await expect.poll(() => onlyWaits(session)).toBe(true)
  const leave = new AbortController()
  const observed = session.observe('1', { yieldTimeMs: 600_000, signal: leave.signal })
  expect(onlyWaits(session)).toBe(false)
  leave.abort()
  await expect(observed).rejects.toThrow()
  expect(onlyWaits(session)).toBe(true)
  for (const takesOutput of [true, false]) {
    const events = session.follow('1', { takesOutput })
    await events.next()
    expect(onlyWaits(session)).toBe(!takesOutput)
    await events.return()
    await expect.poll(() => onlyWaits(session)).toBe(true)
  }
})

test('a session with a handler that is about to decide, or a notification that is being delivered, does not only wait', async () => {
  const decided = Promise.withResolvers<void>()
  const onRequest = vi.fn(async () => {
    await decided.promise
    return { type: 'deny' } as const
  })
  await using session = await started('await tools.send({}).catch(() => {}); await tools.review({})', {
    tools: [send, new DeferringTool().tool],
    approvals: { onRequest },
  })
  await vi.waitFor(() => expect(onRequest).toHaveBeenCalled(), 60_000)
  await quiet()
  expect(onlyWaits(session)).toBe(false)
  decided.resolve()
  await expect.poll(() => onlyWaits(session)).toBe(true)

  const delivered = Promise.withResolvers<void>()
  const onNotification = vi.fn(() => delivered.promise)
  await using notifying = await started('notify("n"); await new Promise(() => {})', { onNotification })
  await vi.waitFor(() => expect(onNotification).toHaveBeenCalled(), 60_000)
  await quiet()
  expect(onlyWaits(notifying)).toBe(false)
  delivered.resolve()
  await expect.poll(() => onlyWaits(notifying)).toBe(true)
})

test('a session with a barrier that is pending, or a revert that runs, does not only wait', async () => {
  const reverted = Promise.withResolvers<void>()
  const revert = vi.fn(() => reverted.promise)
  const { session, gate } = await openGated({ tools: [{ name: 'change', call: () => 1, revert }] })
  await using _ = session
  await session.execute('await tools.change({})')
  gate.shut()
  expect(onlyWaits(session)).toBe(false)
  gate.open()
  expect(onlyWaits(session)).toBe(true)
  const report = session.revert('1')
  await vi.waitFor(() => expect(revert).toHaveBeenCalled(), 60_000)
  expect(onlyWaits(session)).toBe(false)
  reverted.resolve()
  await report
  expect(onlyWaits(session)).toBe(true)
})

test('a session that another process has taken over needs nothing, and a closed one cannot tell', async () => {
  const { session, lose } = await openGated()
  lose()
  expect(onlyWaits(session)).toBe(true)
  await session.close()
  expect(onlyWaits(session)).toBe(false)
})
