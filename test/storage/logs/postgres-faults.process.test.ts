import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openPostgresLogs } from '../../../src/storage/logs/postgres/open-postgres-logs.ts'
import type { OpenLog, SessionLogs } from '../../../src/storage/logs/session-logs.ts'
import { LossyProxy } from '../../support/postgres/lossy-proxy.ts'
import { newSchema, runSql, skippedWithoutPostgres } from '../../support/postgres/shared-server.ts'
import { batchesOf, endLease, newName, newPostgresEngine, note, nothing, opened } from './engine.ts'
import { again, fightForSessions, randomOf } from './random-owners.ts'

const unreachable = { code: 'STORE_UNREACHABLE' }

async function throughProxy(): Promise<{ proxy: LossyProxy; logs: SessionLogs; url: string }> {
  const { url } = await newSchema()
  const proxy = await LossyProxy.start(url)
  const logs = await openPostgresLogs(pg, proxy.url, { leaseMs: 600_000 })
  onTestFinished(() => logs[Symbol.asyncDispose]())
  return { proxy, logs, url }
}

describe.skipIf(skippedWithoutPostgres() !== null)('faults of PostgreSQL', () => {
  test('an append whose reply is lost is sent again, and is on record once', async () => {
    const { proxy, logs } = await throughProxy()
    const name = newName()
    const log = await opened(logs, name)
    for (let n = 0; n < 3; n++) {
      proxy.loseNext()
      await log.append([note(n)], nothing)
    }
    expect(proxy.lost).toBe(3)
    expect((await logs.read(name)).records.slice(1)).toStrictEqual([note(0), note(1), note(2)])
  })

  test('an append takes its inbox entries once, even if its reply is lost', async () => {
    const { proxy, logs } = await throughProxy()
    const name = newName()
    const log = await opened(logs, name)
    await logs.post(name, { id: 'e', kind: 'k', body: null })
    const approvals = [{ key: 'a', cellId: '1', callId: 'tool-1', identifier: 'x', input: '', askedAt: 1 }]
    proxy.loseNext()
    await log.append([note(1)], { ...nothing, approvals }, ['e'])
    expect(await logs.read(name)).toMatchObject({ inbox: 0, approvals: 1 })
  })

  test('every other call whose reply is lost rejects with STORE_UNREACHABLE, and can be repeated', async () => {
    const { proxy, logs } = await throughProxy()
    const name = newName()
    const repeat = async <Value>(call: () => Promise<Value>): Promise<Value> => {
      proxy.loseNext()
      await expect(call()).rejects.toMatchObject(unreachable)
      return call()
    }
    const log = await repeat(() => opened(logs, name))
    await repeat(() => logs.post(name, { id: 'e', kind: 'k', body: null }))
    expect(await repeat(() => log.inbox())).toHaveLength(1)
    const digest = await repeat(() => log.putBlob(Buffer.from('blob')))
    expect(Buffer.from(await repeat(() => log.getBlob(digest))).toString()).toBe('blob')
    await log.append([note(1)], nothing, ['e'])
    await repeat(() => log.snapshot(batchesOf([note(10)])))
    expect((await repeat(() => logs.read(name))).records).toStrictEqual([note(10)])
    expect(await repeat(() => logs.ownerOf(name))).not.toBeNull()
    await repeat(() => log.release({ at: 0 }))
    const [due] = await repeat(() => logs.takeDue(5, { has: [] }))
    expect(due?.name).toStrictEqual(name)
    await due?.release({ at: null })
    await repeat(() => logs.remove(name))
    await expect(logs.read(name)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  test('an append waits for a store that is away, and tells why', async () => {
    const { proxy, logs } = await throughProxy()
    const log = await opened(logs, newName())
    proxy.lose(() => true)
    const append = log.append([note(1)], nothing)
    await expect.poll(() => log.trouble).toContain('Cannot reach the store')
    await expect(logs.read(log.name)).rejects.toMatchObject(unreachable)
    proxy.lose(() => false)
    await append
    expect(log.trouble).toBeNull()
  })

  test('a row that the server refuses does not stop the rows of other sessions', async () => {
    const { logs, url } = await throughProxy()
    const [refused, other] = [await opened(logs, newName()), await opened(logs, newName())]
    const schema = new URL(url).searchParams.get('schema')
    await runSql(url, `ALTER TABLE ${schema}.log ADD CONSTRAINT small CHECK (octet_length(body) < 500)`)
    const waiting = refused.append([note(1, 'x'.repeat(600))], nothing)
    for (let n = 0; n < 5; n++) await other.append([note(n)], nothing)
    await expect.poll(() => refused.trouble).not.toBeNull()
    await runSql(url, `ALTER TABLE ${schema}.log DROP CONSTRAINT small`)
    await waiting
  })

  test('a node uses no state of a connection, so PgBouncer can share connections', async () => {
    const { url } = await newSchema()
    const logs = await openPostgresLogs({ Pool: ForgetfulPool }, url)
    onTestFinished(() => logs[Symbol.asyncDispose]())
    const name = newName()
    const log = await opened(logs, name)
    await Promise.all([1, 2, 3].map((n) => log.append([note(n)], nothing)))
    await log.release({ at: 0 })
    const [due] = await logs.takeDue(1, { has: [] })
    await due?.append([note(4)], nothing)
    expect((await logs.read(name)).records).toHaveLength(6)
  })

  test('nodes that fight for sessions while connections break keep every confirmed record', async () => {
    const engine = await newPostgresEngine()
    const { url, schema } = await engine.address()
    const random = randomOf(1)
    const proxy = await LossyProxy.start(`${url}&application_name=fighters`)
    const node = async (): Promise<SessionLogs> => {
      const logs = await again(() => openPostgresLogs(pg, proxy.url, { leaseMs: 600_000, schema }))
      onTestFinished(() => logs[Symbol.asyncDispose]())
      return logs
    }
    const nodes = [await node(), await node(), await node()]
    proxy.lose(() => random() < 0.02)
    const disturb = (): Promise<void> =>
      runSql(
        url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'fighters' AND random() < 0.3`,
      )
    await fightForSessions({ engine, nodes, random, operations: 40, disturb })
    expect(proxy.lost).toBeGreaterThan(0)
  })

  test('a lapse that is noticed late loses only the sessions that others took', async () => {
    const engine = await newPostgresEngine()
    const [first, second] = [await engine.start({}), await engine.start()]
    const [taken, kept]: OpenLog[] = [await opened(first, newName()), await opened(first, newName())]
    if (taken === undefined || kept === undefined) throw new Error('expected two logs')
    await endLease(engine, first, taken.name)
    await opened(second, taken.name)
    // Opening needs the lease, so it is renewed.
    await opened(first, newName())
    expect(await taken.lost).toMatchObject({ type: 'taken_over' })
    await kept.append([note(1)], nothing)
  })
})

/** A pool whose connections forget everything between transactions, as those behind PgBouncer. */
class ForgetfulPool extends pg.Pool {
  constructor(options: pg.PoolConfig) {
    super({ ...options, maxUses: 1 })
  }
}
