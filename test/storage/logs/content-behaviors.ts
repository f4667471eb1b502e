import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { maxBatchBytes, maxBlobBytes, maxLogBytes } from '../../../src/storage/logs/limits.ts'
import type { ApprovalRow, SessionSummary } from '../../../src/storage/logs/session-logs.ts'
import { batchesOf, endLease, large, type LogEngine, newName, note, nothing, opened, recordsOf } from './engine.ts'

const mib = 1024 * 1024

/** Behaviors of every engine: projections, inbox, blobs, snapshots, limits and removal. */
export function contentBehaviors(newEngine: () => Promise<LogEngine>): void {
  test('read and list show the last projection', async () => {
    const engine = await newEngine()
    const logs = await engine.start({ url: 'http://a' })
    const name = newName()
    const before = Date.now() - 60_000
    const log = await opened(logs, name)
    const counts = { running: 2, finished: 1, closed: 7 }
    await log.append([note(1)], { wakeAt: 12_345, approvals: [approval('a'), approval('b')], counts })
    await log.append([note(2)], { wakeAt: 12_345, approvals: [approval('b', 'changed'), approval('c')], counts })
    const summary = { name, epoch: 1, counts, approvals: 2, wakeAt: 12_345, inbox: 0, isParked: false }
    const report = await logs.read(name)
    expect(report).toMatchObject({ ...summary, owner: { url: 'http://a' }, entries: [] })
    expect(report.approvalList).toStrictEqual([approval('b', 'changed'), approval('c')])
    expect(report.createdAt).toBeGreaterThan(before)
    expect(report.lastActivityAt).toBeGreaterThanOrEqual(report.createdAt)
    expect(await listed(logs.list({ tenant: name.tenant }))).toMatchObject([summary])
    expect(await listed(logs.list({ tenant: name.tenant, hasApprovals: false }))).toStrictEqual([])
    await log.append([note(3)], nothing)
    expect(await listed(logs.list({ tenant: name.tenant, hasApprovals: true }))).toStrictEqual([])
    expect((await logs.read(name)).approvalList).toStrictEqual([])
  })

  test('the projection survives a change of the owner', async () => {
    const engine = await newEngine()
    const logs = await engine.start()
    const name = newName()
    const counts = { running: 1, finished: 0, closed: 0 }
    await (await opened(logs, name)).append([note(1)], { wakeAt: 5, approvals: [approval('a')], counts })
    await endLease(engine, logs, name)
    const second = await engine.start()
    const log = await opened(second, name)
    expect(await second.read(name)).toMatchObject({ wakeAt: 5, counts, approvals: 1 })
    await log.append([note(2)], { ...nothing, counts })
    expect(await second.read(name)).toMatchObject({ wakeAt: null, approvals: 0 })
  })

  test('list returns the sessions of one tenant, by id, behind a given id', async () => {
    const logs = await (await newEngine()).start()
    const { tenant } = newName()
    for (const id of ['b', 'a', 'C', 'a.1', 'a-1']) await opened(logs, { tenant, id })
    await opened(logs, newName())
    const ids = (await listed(logs.list({ tenant }))).map(({ name }) => name.id)
    expect(ids).toStrictEqual(['C', 'a', 'a-1', 'a.1', 'b'])
    const rest = (await listed(logs.list({ tenant, after: 'a' }))).map(({ name }) => name.id)
    expect(rest).toStrictEqual(['a-1', 'a.1', 'b'])
  })

  test('an entry is delivered once for each id, in the order of the posts, to the owner of that time', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start(), await engine.start()]
    const name = newName()
    const log = await opened(first, name)
    const entry = (id: string): { id: string; kind: string; body: unknown } => ({ id, kind: 'decision', body: { id } })
    for (const id of ['z', 'a', 'z', 'm']) await second.post(name, entry(id))
    expect(await log.inbox()).toStrictEqual([entry('z'), entry('a'), entry('m')])
    await log.append([note(1)], nothing, ['z', 'm'])
    await second.post(name, { ...entry('z'), body: 'again' })
    expect(await log.inbox()).toStrictEqual([entry('a')])
    await log.release({ at: null })
    const next = await opened(second, name)
    expect(await next.inbox()).toStrictEqual([entry('a')])
    expect(await second.read(name)).toMatchObject({ inbox: 1, entries: [entry('a')] })
  })

  test('a node learns which of its sessions have entries, and nothing of those of other nodes', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start(), await engine.start()]
    const names = [newName(), newName(), newName()]
    const [one, two, other] = [
      await opened(first, names[0] ?? newName()),
      await opened(first, names[1] ?? newName()),
      await opened(second, names[2] ?? newName()),
    ]
    const entry = { id: 'e', kind: 'decision', body: {} }
    await first.post(one.name, entry)
    await first.post(other.name, entry)
    const seen = async (): Promise<readonly boolean[]> =>
      await Promise.all([one, two, other].map((log) => log.hasEntries()))
    await expect.poll(seen).toEqual([true, false, true])
    await one.append([note(1)], nothing, ['e'])
    await expect.poll(seen).toEqual([false, false, true])
    await other.release({ at: null })
    await expect(other.hasEntries()).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
  })

  test('an entry stays in the inbox when the record that applies it is not added', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start(), await engine.start()]
    const name = newName()
    const old = await opened(first, name)
    await first.post(name, { id: 'e', kind: 'k', body: 1 })
    await endLease(engine, first, name)
    const next = await opened(second, name)
    await expect(old.append([note(1)], nothing, ['e'])).rejects.toMatchObject({ code: 'SESSION_LOST' })
    expect(await next.inbox()).toHaveLength(1)
  })

  test('post refuses a missing session, a full inbox and an invalid or a large entry', async () => {
    const engine = await newEngine()
    const logs = await engine.start()
    const name = newName()
    const entry = (id: string): { id: string; kind: string; body: unknown } => ({ id, kind: 'k', body: null })
    await expect(logs.post(name, entry('a'))).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    const log = await opened(logs, name)
    await expect(logs.post(name, entry('ü'))).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(logs.post(name, entry(''))).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    const tooLarge = { ...entry('x'), body: 'x'.repeat(maxBatchBytes) }
    await expect(logs.post(name, tooLarge)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    const { tenant, id } = name
    await engine.sql(`INSERT INTO @.inbox (tenant, session, entry_id, kind, body, at) WITH RECURSIVE n (i) AS (
      SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999
    ) SELECT '${tenant}', '${id}', 'n' || i, 'k', '1', 0 FROM n`)
    await logs.post(name, entry('last'))
    await expect(logs.post(name, entry('more'))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'maxInboxEntries', max: 1000 },
    })
    await logs.post(name, entry('last'))
    await log.append([note(1)], nothing, ['n1'])
    await logs.post(name, entry('more'))
  })

  test.for([0, 1, mib - 1, mib, mib + 1, 3 * mib])('a blob of %d bytes is read as it was stored', async (size) => {
    const engine = await newEngine()
    const logs = await engine.start()
    const log = await opened(logs, newName())
    const bytes = Buffer.alloc(size + 3, 'abcdefg').subarray(3)
    const digest = await log.putBlob(bytes)
    expect(digest).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(await log.putBlob(bytes)).toBe(digest)
    expect(Buffer.compare(await log.getBlob(digest), bytes)).toBe(0)
  })

  test('a blob belongs to its session, or to all sessions of its tenant', async () => {
    const logs = await (await newEngine()).start()
    const [name, stranger] = [newName(), newName()]
    const [log, sibling, other] = [
      await opened(logs, name),
      await opened(logs, newName(name.tenant)),
      await opened(logs, stranger),
    ]
    const [own, shared] = [await log.putBlob(Buffer.from('own')), await log.putBlob(Buffer.from('shared'), 'tenant')]
    await expect(sibling.getBlob(own)).rejects.toMatchObject({ code: 'SESSION_INVALID' })
    expect(Buffer.from(await sibling.getBlob(shared, 'tenant')).toString()).toBe('shared')
    await expect(other.getBlob(shared, 'tenant')).rejects.toMatchObject({ code: 'SESSION_INVALID' })
    await expect(log.getBlob(shared)).rejects.toMatchObject({ code: 'SESSION_INVALID' })
  })

  test.for([
    { what: 'missing', sql: 'DELETE FROM @.blobs WHERE part = 1' },
    { what: 'damaged', sql: 'UPDATE @.blobs SET body = BYTES(00) WHERE part = 1' },
  ])('a blob with a $what part is not returned', async ({ sql }) => {
    const engine = await newEngine()
    const logs = await engine.start()
    const log = await opened(logs, newName())
    const digest = await log.putBlob(Buffer.alloc(2 * mib, 1))
    await engine.sql(`${sql} AND digest = '${digest}'`)
    await expect(log.getBlob(digest)).rejects.toMatchObject({ code: 'SESSION_INVALID' })
  })

  test('a snapshot replaces the records before it', async () => {
    const engine = await newEngine()
    const logs = await engine.start()
    const name = newName()
    const log = await opened(logs, name)
    await log.append([note(1), large(1000)], nothing)
    expect(log.bytesSinceSnapshot).toBeGreaterThan(1000)
    const under = log.append([note(2)], nothing)
    const snapshot = log.snapshot(batchesOf([note(100)], [note(101), large(2 * mib)], [note(102)]))
    await Promise.all([under, log.append([note(3)], nothing), log.append([note(4)], nothing), snapshot])
    expect(log.bytesSinceSnapshot).toBeLessThan(1000)
    expect(log.snapshotBytes).toBeGreaterThan(2 * mib)
    await log.append([note(5)], nothing)
    const expected = [note(100), note(101), large(2 * mib), note(102), note(3), note(4), note(5)]
    expect((await logs.read(name)).records).toStrictEqual(expected)
    await log.release({ at: null })
    const next = await opened(logs, name)
    expect(await recordsOf(next)).toStrictEqual([...expected, 'took 2'])
    expect([next.bytesSinceSnapshot < 1000, next.snapshotBytes > 2 * mib]).toStrictEqual([true, true])
    await next.append([note(6)], nothing)
    await next.snapshot(batchesOf([note(200)]))
    await next.append([note(7)], nothing)
    expect((await logs.read(name)).records).toStrictEqual([note(200), note(7)])
  })

  test('a second snapshot without an append between does nothing', async () => {
    const logs = await (await newEngine()).start()
    const name = newName()
    const log = await opened(logs, name)
    await log.append([note(1)], nothing)
    await log.snapshot(batchesOf([note(10)]))
    await log.snapshot(batchesOf([note(11)]))
    expect((await logs.read(name)).records).toStrictEqual([note(10)])
  })

  test('a snapshot that fails or loses its session leaves the log as it was', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start(), await engine.start()]
    const name = newName()
    const old = await opened(first, name)
    await old.append([note(1)], nothing)
    const failing = old.snapshot(
      (async function* () {
        yield [large(mib), large(mib)]
        throw new Error('no records')
      })(),
    )
    await expect(failing).rejects.toThrow('no records')
    expect((await first.read(name)).records).toHaveLength(2)
    await endLease(engine, first, name)
    const next = await opened(second, name)
    await expect(old.snapshot(batchesOf([note(10)]))).rejects.toMatchObject({ code: 'SESSION_LOST' })
    expect(await recordsOf(next)).toStrictEqual(['took 1', note(1), 'took 2'])
    await next.append([note(2)], nothing)
    await next.snapshot(batchesOf([note(20)]))
    expect((await second.read(name)).records).toStrictEqual([note(20)])
  })

  test('limits refuse large records, long logs and large blobs, and the log stays usable', async () => {
    const logs = await (await newEngine()).start()
    const name = newName()
    const log = await opened(logs, name)
    await expect(log.append([large(maxBatchBytes)], nothing)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'maxBatchBytes', max: maxBatchBytes },
    })
    await expect(log.putBlob(new Uint8Array(maxBlobBytes + 1))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'maxBlobBytes' },
    })
    const chunk = large(maxBatchBytes - 1000)
    const fill = Array.from({ length: Math.floor(maxLogBytes / maxBatchBytes) }, () => log.append([chunk], nothing))
    await Promise.all(fill)
    await expect(log.append([chunk], nothing)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'maxLogBytes', max: maxLogBytes },
    })
    await log.snapshot(batchesOf([note(1)]))
    await log.append([note(2)], nothing)
    expect((await logs.read(name)).records).toStrictEqual([note(1), note(2)])
  })

  test('a snapshot that removes blobs removes those of its session only', async () => {
    const logs = await (await newEngine()).start()
    const [name, other] = [newName(), newName()]
    const [log, kept] = [await opened(logs, name), await opened(logs, other)]
    const digest = await log.putBlob(Buffer.from('x'))
    await kept.putBlob(Buffer.from('x'))
    const shared = await log.putBlob(Buffer.from('y'), 'tenant')
    await log.append([note(1)], nothing)
    await log.snapshot(batchesOf([note(2)]), { removesBlobs: true })
    await expect(log.getBlob(digest)).rejects.toMatchObject({ code: 'SESSION_INVALID' })
    expect(Buffer.from(await kept.getBlob(digest)).toString()).toBe('x')
    expect(Buffer.from(await log.getBlob(shared, 'tenant')).toString()).toBe('y')
    expect((await logs.read(name)).records).toStrictEqual([note(2)])
  })

  test('remove deletes a session that no live node has open, with everything of it', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start(), await engine.start()]
    const name = newName()
    const old = await opened(first, name)
    await expect(second.remove(name)).rejects.toMatchObject({ code: 'SESSION_IN_USE' })
    const digest = await old.putBlob(Buffer.from('x'))
    await old.append([note(1)], { ...nothing, approvals: [approval('a')] })
    await old.snapshot(batchesOf([note(10)]))
    await old.append([note(2)], { ...nothing, approvals: [approval('a')] })
    await first.post(name, { id: 'e', kind: 'k', body: null })
    await endLease(engine, first, name)
    await second.remove(name)
    await second.remove(name)
    await expect(second.read(name)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    await expect(old.append([note(3)], nothing)).rejects.toMatchObject({ code: 'SESSION_LOST' })
    expect(await old.lost).toMatchObject({ type: 'removed' })
    const next = await opened(second, name)
    expect([next.epoch, await recordsOf(next), await next.inbox()]).toStrictEqual([1, ['took 1'], []])
    await expect(next.getBlob(digest)).rejects.toMatchObject({ code: 'SESSION_INVALID' })
    expect(await second.read(name)).toMatchObject({ approvals: 0 })
  })
}

function approval(key: string, input = '{}'): ApprovalRow {
  return { key, cellId: '1', callId: 'tool-1', identifier: 'mail', input, askedAt: 7 }
}

async function listed(sessions: AsyncIterable<SessionSummary>): Promise<SessionSummary[]> {
  const all: SessionSummary[] = []
  for await (const session of sessions) all.push(session)
  return all
}
