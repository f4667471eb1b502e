import { describe, expect, test, vi } from 'vitest'
import type { Session, Tool } from '../../../src/index.ts'
import { CodecellError } from '../../../src/errors.ts'
import { inputHashOf } from '../../../src/session/approvals/input-hash.ts'
import { openSessionOn } from '../../../src/session/create-session.ts'
import { entryOf } from '../../../src/storage/shared/logged-inbox.ts'
import { LoggedSessionStore } from '../../../src/storage/shared/logged-session-store.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { LogContent, MemoryLog } from '../../support/memory-log.ts'
import { textsOf } from '../../support/texts.ts'

const long = { yieldTimeMs: 600_000 }
const send: Tool = { name: 'send', needsApproval: 'ask', call: () => 'sent' }
const stick: Tool = { name: 'stick', call: () => new Promise(() => undefined) }

async function open(log: MemoryLog, onStore: (store: LoggedSessionStore) => void = () => undefined): Promise<Session> {
  return await openSessionOn(
    { hosts: sharedHosts('in-process'), tools: [send, stick], approvals: { hold: true } },
    async (limits) => {
      const store = await LoggedSessionStore.open(log, limits)
      onStore(store)
      return store
    },
  )
}

test('a decision about a call whose request is not on record waits for the record', async () => {
  const content = new LogContent()
  const log = new MemoryLog(content)
  await using session = await open(log)
  const { promise: committed, resolve: commit } = Promise.withResolvers<void>()
  log.commit = () => committed
  const outcome = session.execute('text(await tools.send({ to: "a" }))', long)
  await expect.poll(() => log.projection?.approvals, { timeout: 60_000 }).toHaveLength(1)
  const key = log.projection?.approvals[0]?.key ?? ''
  const about = { key, id: 'r', by: null, calls: null, reason: null, toolDigest: null, at: 1 }
  const inputHash = inputHashOf({ to: 'a' })
  const entry = entryOf({ kind: 'decision', type: 'allow', inputHash, ...about })
  content.inbox.set(entry.id, entry)
  const reads = vi.spyOn(log, 'inbox')
  await expect.poll(() => reads.mock.calls.length, { timeout: 60_000 }).toBeGreaterThan(0)
  expect([content.inbox.size, session.pendingApprovals()]).toEqual([1, []])
  commit()
  expect(await outcome).toMatchObject({ type: 'yielded' })
  expect(textsOf(await session.observe('1', long))).toEqual(['sent'])
  expect(content.inbox.size).toBe(0)
})

describe('a termination whose record fails', () => {
  const entry = entryOf({ kind: 'termination', key: '1', at: 1 })

  /** Starts a cell that never ends. Its termination cannot be recorded until `repair` is called. */
  async function failing(content: LogContent): Promise<{ session: Session; tries: () => number; repair: () => void }> {
    let isBroken = true
    let tries = 0
    const session = await open(new MemoryLog(content), ({ inbox }) => {
      const take = inbox.take.bind(inbox)
      vi.spyOn(inbox, 'take').mockImplementation((taken, work) => {
        tries++
        if (isBroken) throw new CodecellError('STORAGE_FAILED', 'the disk is full')
        take(taken, work)
      })
    })
    await session.execute(`yield_control(); text('seen'); await tools.stick({})`, long)
    content.inbox.set(entry.id, entry)
    return { session, tries: () => tries, repair: () => (isBroken = false) }
  }

  test('is recorded later, and its observer receives the outcome then', async () => {
    const content = new LogContent()
    const { session, tries, repair } = await failing(content)
    const observed = session.observe('1', long)
    await expect.poll(tries, { timeout: 60_000 }).toBeGreaterThan(1)
    repair()
    const outcome = await observed
    expect([outcome.type, textsOf(outcome), content.inbox.size]).toEqual(['terminated', ['seen'], 0])
    await session.close()
  })

  test('is applied by the next owner when the session closes first', async () => {
    const content = new LogContent()
    const { session, tries } = await failing(content)
    const observed = session.observe('1', long)
    const failed = expect(observed).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    await expect.poll(tries, { timeout: 60_000 }).toBeGreaterThan(0)
    await session.close()
    await failed
    expect(content.inbox.size).toBe(1)
    await using next = await open(new MemoryLog(content))
    expect(await next.observe('1', long)).toMatchObject({ type: 'terminated' })
    expect(content.inbox.size).toBe(0)
  })
})
