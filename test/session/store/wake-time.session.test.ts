import { expect, test } from 'vitest'
import type { Session, SessionOptions } from '../../../src/index.ts'
import { isUsable, onlyWaits } from '../../../src/session/session-internals.ts'
import { openSessionOn } from '../../../src/session/create-session.ts'
import { LoggedSessionStore } from '../../../src/storage/shared/logged-session-store.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { LogContent, MemoryLog } from '../../support/memory-log.ts'

const options: SessionOptions = {
  hosts: sharedHosts('in-process'),
  tools: [{ name: 'send', needsApproval: 'ask', call: () => 1 }],
  approvals: { hold: true },
}

async function openOn(content: LogContent): Promise<Session> {
  return await openSessionOn(options, async (limits) => await LoggedSessionStore.open(new MemoryLog(content), limits))
}

const delayMs = 600_000
const source = `setTimeout(() => {}, ${delayMs}); await tools.send({}); await new Promise(() => {})`

test('a session is not due with timers that stand still during a decision, and later by the time of the decision', async () => {
  const content = new LogContent()
  const startedAt = Date.now()
  {
    await using session = await openOn(content)
    await session.execute(source, { yieldTimeMs: 1 })
    await expect.poll(() => session.pendingApprovals().length === 1 && onlyWaits(session)).toBe(true)
  }
  expect(content.wake).toMatchObject({ at: null })
  let pausedMs: number
  {
    await using session = await openOn(content)
    const [request] = session.pendingApprovals()[0]?.requests ?? []
    const askedAt = Date.now()
    // waits because the pause is to be longer than the time between the timestamps of the test and of the session
    await new Promise((resolve) => void setTimeout(resolve, 300))
    await session.decide(request?.key ?? '', { type: 'allow' })
    pausedMs = Date.now() - askedAt
    await expect.poll(() => session.ledger()[0]?.state).toBe('applied')
  }
  const wakeAt = content.wake?.at ?? 0
  expect(wakeAt).toBeGreaterThanOrEqual(startedAt + delayMs + pausedMs - 50)
  // Wake-ups that are far are spread over a second.
  expect(wakeAt).toBeLessThanOrEqual(Date.now() + delayMs + 1000)
})

test('a session that is closed before its running cells resume is due at once', async () => {
  const content = new LogContent()
  {
    await using session = await openOn(content)
    await session.execute(source, { yieldTimeMs: 1 })
  }
  const rules = [{ tools: 'sned', policy: 'deny' }] as const
  const opening = openSessionOn(
    { ...options, approvals: { hold: true, rules } },
    async (limits) => await LoggedSessionStore.open(new MemoryLog(content), limits),
  )
  await expect(opening).rejects.toThrow()
  expect(content.wake).toMatchObject({ at: 0 })
})

test('a session whose log is long becomes a snapshot when it closes', async () => {
  const content = new LogContent()
  {
    await using session = await openOn(content)
    for (let n = 0; n < 8; n++) await session.execute(`store("k${n}", "${'x'.repeat(50_000)}")`)
    await expect.poll(() => content.snapshot).not.toEqual([])
    for (let n = 0; n < 8; n++) await session.execute(`text("${'y'.repeat(60_000)}")`)
    expect(content.rows.join('').includes('yyy')).toBe(true)
  }
  expect(content.rows.join('').includes('yyy')).toBe(false)
  await using again = await openOn(content)
  expect(again.cells()).toEqual([])
})

test('a session whose store has refused a row is not usable, and is due at once when it closes', async () => {
  const content = new LogContent()
  const log = new MemoryLog(content)
  await using session = await openSessionOn(options, async (limits) => await LoggedSessionStore.open(log, limits))
  expect(isUsable(session)).toBe(true)
  log.commit = () => Promise.reject(new TypeError('refused'))
  await expect(session.execute('text(1)')).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  expect(isUsable(session)).toBe(false)
  await session.close()
  expect(content.wake).toEqual({ at: 0, needs: [] })
})
