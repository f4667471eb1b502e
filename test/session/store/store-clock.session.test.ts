import { expect, test } from 'vitest'
import type { Session, SessionOptions } from '../../../src/index.ts'
import { onlyWaits } from '../../../src/session/session-internals.ts'
import { openSessionOn } from '../../../src/session/create-session.ts'
import { LoggedSessionStore } from '../../../src/storage/shared/logged-session-store.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { LogContent, MemoryLog } from '../../support/memory-log.ts'
import { textsOf } from '../../support/texts.ts'

const hour = 3_600_000

/** Opens a session on a machine whose clock differs from that of its store. */
async function openOn(content: LogContent, aheadMs: number, options: SessionOptions = {}): Promise<Session> {
  const log = new MemoryLog(content)
  log.aheadMs = aheadMs
  return await openSessionOn(
    { hosts: sharedHosts('in-process'), ...options },
    async (limits) => await LoggedSessionStore.open(log, limits),
  )
}

test('cells of a shared store read the time of the store', async () => {
  await using session = await openOn(new LogContent(), hour)
  const [time] = textsOf(await session.execute('text(Date.now())'))
  expect(Math.abs(Number(time) - Date.now() - hour)).toBeLessThan(60_000)
})

test.each([
  ['ahead', -hour],
  ['behind', hour],
])('a timer is due by the clock of the store on a machine whose clock is %s', async (_name, aheadMs) => {
  const content = new LogContent()
  {
    await using session = await openOn(content, aheadMs)
    await session.execute(`await new Promise((done) => setTimeout(done, ${hour})); text("fired")`, { yieldTimeMs: 0 })
  }
  const wakeAt = content.wake?.at ?? 0
  expect(Math.abs(wakeAt - (Date.now() + aheadMs + hour))).toBeLessThan(60_000)
  {
    // A minute before it is due, on a machine with another clock.
    await using session = await openOn(content, aheadMs + hour - 60_000)
    expect(await session.observe('1', { yieldTimeMs: 300 })).toMatchObject({ type: 'yielded' })
  }
  await using session = await openOn(content, aheadMs + hour + 1000)
  expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['fired'])
})

test('a deferred call expires, and the clock of a cell stands still during a decision, by the clock of the store', async () => {
  const content = new LogContent()
  const options: SessionOptions = {
    tools: [
      { name: 'review', call: (_input, context) => context.defer({ timeoutMs: hour }) },
      { name: 'send', needsApproval: 'ask', call: () => 'sent' },
    ],
    approvals: { hold: true },
  }
  {
    await using session = await openOn(content, hour, options)
    await session.execute('await tools.review({}).catch(() => text("expired"))', { yieldTimeMs: 1 })
    const source = `setTimeout(() => text("early"), ${hour}); await tools.send({}); await new Promise(() => {})`
    await session.execute(source, { yieldTimeMs: 1 })
    await expect.poll(() => session.pendingApprovals()).toHaveLength(1)
    await expect.poll(() => onlyWaits(session)).toBe(true)
  }
  expect(Math.abs((content.wake?.at ?? 0) - (Date.now() + 2 * hour))).toBeLessThan(60_000)
  await using session = await openOn(content, 3 * hour, options)
  expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['expired'])
  const [request] = session.pendingApprovals()[0]?.requests ?? []
  await session.decide(request?.key ?? '', { type: 'allow' })
  const outcome = await session.observe('2', { yieldTimeMs: 300 })
  expect(outcome).toMatchObject({ type: 'yielded', items: [] })
})
