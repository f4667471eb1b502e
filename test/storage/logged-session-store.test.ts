import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CodecellError } from '../../src/errors.ts'
import { DiskSessionStore } from '../../src/storage/disk/disk-session-store.ts'
import { LoggedSessionStore } from '../../src/storage/shared/logged-session-store.ts'
import { newFolder } from '../support/folder.ts'
import { LogContent, MemoryLog } from '../support/memory-log.ts'
import type { CellStore, SessionStore } from '../../src/storage/session-store.ts'
import { readsOf } from './store-reads.ts'
import { startCommand, StoreSteps } from './store-steps.ts'

const limits = { maxReplayCharsInMemory: 2000, maxSpillBytes: 10_000_000 }
const seeds = Array.from({ length: 25 }, (_, seed) => seed + 1)

const sessionLost = new CodecellError('SESSION_LOST', 'Cannot continue: another process owns the session')

/** Writes after a snapshot, by a session whose only cell is closed. */
const snapshotCases: readonly (readonly [when: string, write: (store: SessionStore, closed: CellStore) => void])[] = [
  ['that starts after', (store) => void beginCell(store, 2)],
  ['whose last response was not delivered before', (_store, closed) => closed.recordEnd(noOutput, new Map())],
]

const noOutput = { errorText: null, limit: null, remarks: [], items: [] }

function beginCell(store: SessionStore, number: number): CellStore {
  return store.begin({
    cellId: String(number),
    execCallId: null,
    requestId: null,
    source: '',
    start: startCommand,
    storedValues: new Map(),
    catalogue: '[]',
  })
}

async function reopened(content: LogContent): Promise<LoggedSessionStore> {
  return await LoggedSessionStore.open(new MemoryLog(content), limits)
}

async function open(): Promise<{ content: LogContent; log: MemoryLog; store: LoggedSessionStore }> {
  const content = new LogContent()
  const log = new MemoryLog(content)
  return { content, log, store: await LoggedSessionStore.open(log, limits) }
}

describe('the store of a session in a log', () => {
  test.each(seeds)(
    'a session reads the same as from a folder, also when it is opened again (seed %i)',
    async (seed) => {
      const folder = newFolder()
      const options = { fsync: false, mustExist: false, onFailure: () => undefined }
      const disk = DiskSessionStore.open(folder, 's', options)
      const { content, store } = await open()
      const steps = [new StoreSteps(disk, seed), new StoreSteps(store, seed)]
      for (let step = 0; step < 60; step++) for (const each of steps) each.step()
      await disk.close()
      await store.close()
      const fromFolder = DiskSessionStore.open(folder, 's', options)
      const fromLog = await reopened(content)
      expect(readsOf(fromLog)).toEqual(readsOf(fromFolder))
      await fromFolder.close()
      await fromLog.close()
    },
  )

  test.each(seeds)(
    'a session that is opened at any barrier reads what was written before it (seed %i)',
    async (seed) => {
      const { content, store } = await open()
      const steps = new StoreSteps(store, seed, 'long '.repeat(20_000))
      for (let step = 0; step < 40; step++) {
        steps.step()
        await store.barrier()
        if (step % 5 > 0) continue
        const copy = await reopened(content.cut(content.rows.length))
        expect(readsOf(copy)).toEqual(readsOf(store))
        expect(copy.epoch).toBe(store.epoch + 1)
        await copy.close()
      }
      await store.close()
    },
  )

  test.each(seeds)('a snapshot reads the same as the records that it replaces (seed %i)', async (seed) => {
    const { content, store } = await open()
    const steps = new StoreSteps(store, seed, 'long '.repeat(20_000))
    for (let step = 0; step < 40; step++) steps.step()
    for (const json of ['{"canAsk":false}', `{"canAsk":true,"name":"${'x'.repeat(100_000)}"}`])
      store.recordClientState(json)
    for (let cell = 1; cell <= store.cellCount; cell++) {
      for (const text of ['dropped', null, 'one', 'two']) store.recordNotice(String(cell), text)
    }
    await store.barrier()
    const before = readsOf(store)
    const { rows } = content
    // The next row makes the log longer than its limit.
    rows.push(`[{"type":"inbox_taken","cell":0,"entry":"${'x'.repeat(2 ** 18)}"}]`)
    store.retainOutput({ cellId: '1', entry: null })
    await store.barrier()
    await expect.poll(() => content.snapshot.length, { interval: 1 }).toBeGreaterThan(0)
    const after = await reopened(content)
    expect(readsOf(after)).toEqual({ ...Object(before), retained: [...after.retainedOutputs()] })
    expect(readsOf(after)).toEqual(readsOf(store))
    await after.close()
    await store.close()
  })

  test.each(snapshotCases)(
    'a cell %s a snapshot without open cells is there when the session is opened again',
    async (_when, write) => {
      const { content, store } = await open()
      const first = beginCell(store, 1)
      first.recordEnding('completed')
      // The next row makes the log longer than its limit.
      content.rows.push(`[{"type":"inbox_taken","cell":0,"entry":"${'x'.repeat(2 ** 18)}"}]`)
      await store.barrier()
      await expect.poll(() => content.snapshot.length, { interval: 1 }).toBeGreaterThan(0)
      write(store, first)
      await store.barrier()
      const again = await reopened(content)
      expect(again.unfinished()).toMatchObject(
        store.unfinished().map(({ cellId, catalogue }) => ({ cellId, catalogue })),
      )
      expect(again.unfinished()).toHaveLength(1)
      for (const cell of again.unfinished()) expect([...cell.store.journal(cell.start).commands()]).toEqual([])
    },
  )

  test('the records of a transaction are in one row, also when they are longer than a row', async () => {
    const { content, store } = await open()
    const rows = content.rows.length
    const steps = new StoreSteps(store, 3)
    while (store.cellCount === 0) steps.step()
    await store.barrier()
    const [cell] = store.unfinished()
    const writes = new Map(Array.from({ length: 40 }, (_, key) => [`k${key}`, JSON.stringify('v'.repeat(30_000))]))
    cell?.store.recordEnd(noOutput, writes)
    await store.barrier()
    expect(content.rows.slice(rows + 1)).toHaveLength(1)
    const again = await reopened(content)
    expect(again.storedValues).toEqual(writes)
    expect(again.unfinished()).toMatchObject([{ state: { type: 'finished' } }])
  })
})

describe('the barrier of a session in a log', () => {
  test('a barrier is pending until the rows are on record, and null afterwards', async () => {
    const { log, store } = await open()
    const { promise, resolve } = Promise.withResolvers<void>()
    log.commit = () => promise
    expect(store.barrier()).toBeNull()
    new StoreSteps(store, 1).step()
    let isOnRecord = false
    const barrier = store.barrier()?.then(() => (isOnRecord = true))
    expect(store.barrier()).not.toBeNull()
    await new Promise((done) => void setImmediate(done))
    expect(isOnRecord).toBe(false)
    resolve()
    await barrier
    await expect.poll(() => store.barrier(), { interval: 1 }).toBeNull()
  })

  test('records are added without a barrier as well', async () => {
    const { content, store } = await open()
    new StoreSteps(store, 1).step()
    await expect.poll(() => content.rows.length, { interval: 1 }).toBe(2)
  })

  test('a barrier of a lost session rejects, its listener is called once, and nothing is written', async () => {
    const { content, log, store } = await open()
    const lost: unknown[] = []
    store.onLost((error) => lost.push(error))
    new StoreSteps(store, 1).step()
    const { promise, resolve } = Promise.withResolvers<void>()
    log.commit = () => promise
    const barrier = store.barrier()
    log.lose(sessionLost)
    resolve()
    await expect(barrier).rejects.toBe(sessionLost)
    await expect(store.barrier()).rejects.toBe(sessionLost)
    expect(() => store.checkOwner()).toThrow(sessionLost)
    const grant = { cellId: null, identifier: 'send', toolDigest: 'd', left: 1 }
    expect(() => store.approvals.saveGrant(grant)).toThrow(sessionLost)
    expect(lost).toEqual([sessionLost])
    expect(content.rows).toHaveLength(1)
    await store.close()
  })

  test('a row that is refused ends the store, because no row must follow a gap', async () => {
    const { log, store } = await open()
    new StoreSteps(store, 1).step()
    log.commit = () => Promise.reject(new Error('too long'))
    await expect(store.barrier()).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    log.commit = async () => undefined
    await expect(store.barrier()).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  })

  test('a barrier waits while the lease is about to end', async () => {
    const { log, store } = await open()
    log.remainingMs = 1000
    let isHeld = false
    const barrier = store.barrier()?.then(() => (isHeld = true))
    await new Promise((done) => void setImmediate(done))
    expect([barrier === undefined, isHeld]).toEqual([false, false])
    log.remainingMs = 10_000
    await barrier
    expect(store.barrier()).toBeNull()
  })

  test('barriers of a session that closes reject after five seconds, and its records are still written', async () => {
    const { content, log, store } = await open()
    const { promise, resolve } = Promise.withResolvers<void>()
    log.commit = () => promise
    beginCell(store, 1)
    const barrier = store.barrier()
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    store.beginClose()
    vi.advanceTimersByTime(5000)
    vi.useRealTimers()
    await expect(barrier).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await expect(store.barrier()).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    beginCell(store, 2)
    resolve()
    await store.close()
    expect((await reopened(content)).cellCount).toBe(2)
  })

  test('a barrier that waits for the lease of a closed session rejects', async () => {
    const { log, store } = await open()
    log.remainingMs = 1000
    const barrier = expect(store.barrier()).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    await store.close()
    await barrier
  })
})

test('a log with an unknown record, or records that do not fit, is refused', async () => {
  for (const record of [
    { type: 'future', cell: 1 },
    { type: 'notified', cell: 5, count: 1 },
    { type: 'begun', cell: 1, execCallId: null, requestId: null, source: '', start: '{}', catalogue: 'c' },
    { type: 'batch', cell: 0, records: '{' },
  ]) {
    const content = new LogContent()
    content.rows.push(JSON.stringify([record]))
    await expect(reopened(content)).rejects.toMatchObject({ code: 'SESSION_INVALID' })
  }
})
