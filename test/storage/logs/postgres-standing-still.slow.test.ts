import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { openPostgresLogs } from '../../../src/storage/logs/postgres/open-postgres-logs.ts'
import type { OpenLog, SessionLogs, SessionName } from '../../../src/storage/logs/session-logs.ts'
import { LossyProxy } from '../../support/postgres/lossy-proxy.ts'
import { skippedWithoutPostgres } from '../../support/postgres/shared-server.ts'
import { batchesOf, endLease, newName, newPostgresEngine, note, nothing, opened } from './engine.ts'

type Work = (logs: SessionLogs, name: SessionName, log: OpenLog) => Promise<unknown>

/** Work that takes several statements in one transaction. */
const works: Readonly<Record<string, Work>> = {
  'a release': (_logs, _name, log) => log.release({ at: 0 }),
  'a snapshot': (_logs, _name, log) => log.snapshot(batchesOf([note(2)])),
  'an entry of the inbox': (logs, name) => logs.post(name, { id: 'entry', kind: 'note', body: '{}' }),
  'a removal': async (logs, name, log) => {
    await log.release({ at: null })
    await logs.remove(name)
  },
  'a claim': async (logs, _name, log) => {
    await log.release({ at: 0 })
    await logs.takeDue(1, { has: [] })
  },
}

const cases = Object.entries(works).flatMap(([work, run]) => [1, 2, 3, 4].map((replies) => ({ work, run, replies })))

test.skipIf(skippedWithoutPostgres() !== null)(
  'a node that stands still in the middle of a transaction keeps no session',
  { timeout: 60_000 },
  async () => {
    const engine = await newPostgresEngine()
    const { url } = await engine.address()
    const other = await engine.start()
    const outcomes = await Promise.all(
      cases.map(async ({ run, replies }) => {
        const proxy = await LossyProxy.start(url)
        const logs = await openPostgresLogs(pg, proxy.url, { leaseMs: 600_000, statementMs: 60_000 })
        onTestFinished(() => logs[Symbol.asyncDispose]())
        onTestFinished(() => proxy.close())
        const name = newName()
        const log = await opened(logs, name)
        await log.append([note(1)], nothing)
        proxy.holdAfter(replies)
        const ended = run(logs, name, log).catch(() => undefined)
        await Promise.race([ended, proxy.held])
        await endLease(engine, other, name)
        const next = await other.open(name, { mustExist: false })
        if ('heldBy' in next) return 'held'
        await next.append([note(3)], nothing)
        return 'taken'
      }),
    )
    expect(cases.map(({ work, replies }, n) => [work, replies, outcomes[n]])).toEqual(
      cases.map(({ work, replies }) => [work, replies, 'taken']),
    )
  },
)
