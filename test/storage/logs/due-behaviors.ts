import { expect, test } from 'vitest'
import type { OpenLog, SessionLogs, SessionName } from '../../../src/storage/logs/session-logs.ts'
import { batchesOf, endLease, type LogEngine, newName, note, nothing, opened } from './engine.ts'

/** Behaviors of every engine: sessions with work find a node. */
export function dueBehaviors(newEngine: () => Promise<LogEngine>): void {
  test('takeDue opens a released session when its time is reached, once', async () => {
    const logs = await (await newEngine()).start()
    const [due, later, never] = [newName(), newName(), newName()]
    const tenants = [due, later, never].map(({ tenant }) => tenant)
    for (const [name, at] of [
      [due, Date.now() - 60_000],
      [later, Date.now() + 3_600_000],
      [never, null],
    ] as const) {
      await (await opened(logs, name)).release({ at })
    }
    expect(idsOf(await logs.takeDue(10, { has: [], tenants }))).toStrictEqual([due.id])
    expect(await logs.takeDue(10, { has: [], tenants })).toStrictEqual([])
    expect(await logs.ownerOf(due)).not.toBeNull()
  })

  test('an entry of the inbox makes a session due, whether it is posted before or after the release', async () => {
    const logs = await (await newEngine()).start()
    const [before, after] = [newName(), newName()]
    const tenants = [before.tenant, after.tenant]
    const log = await opened(logs, before)
    await logs.post(before, { id: 'e', kind: 'k', body: null })
    await log.release({ at: null })
    await (await opened(logs, after)).release({ at: null })
    await logs.post(after, { id: 'e', kind: 'k', body: null })
    expect(idsOf(await logs.takeDue(10, { has: [], tenants }))).toStrictEqual([before.id, after.id].toSorted())
  })

  test('takeDue opens the sessions of an owner that died, but not those of a live one', async () => {
    const engine = await newEngine()
    const [dead, alive, waker] = [await engine.start(), await engine.start(), await engine.start()]
    const { tenant } = newName()
    const [orphan, busy] = [newName(tenant), newName(tenant)]
    const log = await opened(dead, orphan)
    await log.append([note(1)], nothing)
    await opened(alive, busy)
    expect(await waker.takeDue(10, { has: [], tenants: [tenant] })).toStrictEqual([])
    await endLease(engine, waker, orphan)
    const taken = await waker.takeDue(10, { has: [], tenants: [tenant] })
    expect(taken.map(({ name, epoch }) => [name.id, epoch])).toStrictEqual([[orphan.id, 2]])
    await expect(log.append([note(2)], nothing)).rejects.toMatchObject({ code: 'SESSION_LOST' })
  })

  test('a node whose lease was over renews it before it takes sessions, and loses no wake-up', async () => {
    const engine = await newEngine()
    const logs = await engine.start()
    const [name, other] = [newName(), newName()]
    await (await opened(logs, name)).release({ at: 0 })
    await opened(logs, other)
    await endLease(engine, logs, other)
    expect(idsOf(await logs.takeDue(10, { has: [], tenants: [name.tenant] }))).toStrictEqual([name.id])
    expect(await logs.ownerOf(name)).not.toBeNull()
  })

  test('a session that a node takes and opens at the same time is open there once', async () => {
    const logs = await (await newEngine()).start()
    for (let round = 0; round < 10; round++) {
      const name = newName()
      await (await opened(logs, name)).release({ at: 0 })
      const take = logs.takeDue(1, { has: [], tenants: [name.tenant] })
      const [taken, result] = await Promise.all([take, logs.open(name, { mustExist: true })])
      const open = [...taken, ...('epoch' in result ? [result] : [])].filter(({ isOpen }) => isOpen)
      expect(open).toHaveLength(1)
      await open[0]?.append([note(1)], nothing)
    }
  })

  test('takeDue returns only sessions of the tenants, and whose needs the node has', async () => {
    const logs = await (await newEngine()).start()
    const [plain, one, both] = [newName(), newName(), newName()]
    const tenants = [plain.tenant, one.tenant, both.tenant]
    await (await opened(logs, plain)).release({ at: 0 })
    await (await opened(logs, one, ['engine:a'])).release({ at: 0 })
    await (await opened(logs, both, ['engine:a', 'tools:b'])).release({ at: 0 })
    const take = async (has: string[], of = tenants): Promise<unknown> =>
      idsOf(await logs.takeDue(10, { has, tenants: of }))
    expect(await take([], [])).toStrictEqual([])
    expect(await take(['engine:a'], [one.tenant])).toStrictEqual([one.id])
    expect(await take(['tools:b'])).toStrictEqual([plain.id])
    expect(await take(['x', 'tools:b', 'engine:a'])).toStrictEqual([both.id])
  })

  test('the needs of a release replace those that depend on the content, and a node with engine:* has every engine', async () => {
    const engine = await newEngine()
    const logs = await engine.start()
    const name = newName()
    const take = async (...has: string[]): Promise<readonly OpenLog[]> =>
      await logs.takeDue(10, { has, tenants: [name.tenant] })
    await (await opened(logs, name, ['tools:t', 'engine:old'])).release({ at: 0, needs: ['engine:a', 'format:>1'] })
    expect(await take('tools:t', 'engine:old')).toStrictEqual([])
    expect(await take('engine:*')).toStrictEqual([])
    expect(await take('tools:t', 'engine:*')).toStrictEqual([])
    const [log] = await take('tools:t', 'engine:*', 'format:>1')
    await log?.release({ at: 0 })
    const [again] = await take('tools:t', 'engine:a', 'format:>1')
    await again?.release({ at: 0, needs: [] })
    expect(await take()).toStrictEqual([])
    expect(await take('tools:t')).toHaveLength(1)
  })

  test('a session of an owner that died gets to a node with its engine', async () => {
    const engine = await newEngine()
    const logs = await engine.start()
    const name = newName()
    await opened(logs, name, ['engine:a'])
    await endLease(engine, logs, name)
    const waker = await engine.start()
    const tenants = [name.tenant]
    expect(await waker.takeDue(10, { has: ['engine:b'], tenants })).toStrictEqual([])
    expect(await waker.takeDue(10, { has: ['engine:*'], tenants })).toHaveLength(1)
  })

  test('needs stay with a session until it is opened with others', async () => {
    const engine = await newEngine()
    const logs = await engine.start()
    const name = newName()
    const tenants = [name.tenant]
    await (await opened(logs, name, ['engine:a'])).release({ at: 0 })
    await (await opened(logs, name)).release({ at: 0 })
    expect(await logs.takeDue(10, { has: [], tenants })).toStrictEqual([])
    await opened(logs, name, [])
    await endLease(engine, logs, name)
    const waker = await engine.start()
    expect(await waker.takeDue(10, { has: [], tenants })).toHaveLength(1)
  })

  test('takeDue returns at most as many sessions as asked for, and no two callers get the same', async () => {
    const engine = await newEngine()
    const wakers = await Promise.all(Array.from({ length: 4 }, () => engine.start()))
    const { tenant } = newName()
    const names = Array.from({ length: 60 }, () => newName(tenant))
    const [first] = wakers
    if (first === undefined) throw new Error('expected a node')
    const logs = await Promise.all(names.map((name) => opened(first, name)))
    await Promise.all(logs.map((log) => log.release({ at: 1 })))
    const taken: OpenLog[] = []
    for (let round = 0; round < 10; round++) {
      const found = await Promise.all(wakers.map((waker) => waker.takeDue(3, { has: [], tenants: [tenant] })))
      expect(Math.max(...found.map((each) => each.length))).toBeLessThanOrEqual(3)
      taken.push(...found.flat())
    }
    expect(idsOf(taken)).toStrictEqual(names.map(({ id }) => id).toSorted())
  })

  test('an open session is not due any longer, and its release replaces the old time', async () => {
    const logs = await (await newEngine()).start()
    const name = newName()
    const tenants = [name.tenant]
    await (await opened(logs, name)).release({ at: 0 })
    const log = await opened(logs, name)
    expect(await logs.takeDue(10, { has: [], tenants })).toStrictEqual([])
    await log.release({ at: null })
    expect(await logs.takeDue(10, { has: [], tenants })).toStrictEqual([])
  })

  test.each([
    ['without a record', async () => undefined],
    ['with records that each owner writes', async (log: OpenLog) => await log.append([note(1)], nothing, [], false)],
  ])('a session that ends three owners in a row %s is parked until it is opened by name', async (_records, write) => {
    const engine = await newEngine()
    const name = newName()
    const die = async (open: (logs: SessionLogs) => Promise<unknown>): Promise<unknown> => {
      const logs = await engine.start()
      const result = await open(logs)
      await endLease(engine, logs, name)
      return result
    }
    const take = async (logs: SessionLogs): Promise<readonly OpenLog[]> => {
      const taken = await logs.takeDue(10, { has: [], tenants: [name.tenant] })
      for (const log of taken) await write(log)
      return taken
    }
    await die(async (logs) => await write(await opened(logs, name)))
    for (let epoch = 2; epoch <= 3; epoch++) expect(await die(take)).toHaveLength(1)
    const logs = await engine.start()
    expect(await take(logs)).toStrictEqual([])
    await logs.post(name, { id: 'e', kind: 'k', body: null })
    expect(await take(logs)).toStrictEqual([])
    expect(await parkedIds(logs, name)).toStrictEqual([name.id])
    const log = await opened(logs, name)
    await log.release({ at: 0 })
    expect(await parkedIds(logs, name)).toStrictEqual([])
    expect(await take(logs)).toHaveLength(1)
  })

  test('a session that is released as parked, or whose log is damaged, is not due, and does not stop others', async () => {
    const reports: string[] = []
    const engine = await newEngine()
    const logs = await engine.start({ onReport: (text) => reports.push(text) })
    const { tenant } = newName()
    const [parked, damaged, sound] = [newName(tenant), newName(tenant), newName(tenant)]
    await (await opened(logs, parked)).release({ at: 0, isParked: true })
    const log = await opened(logs, damaged)
    await log.snapshot(batchesOf([note(1)]))
    await log.release({ at: 0 })
    await engine.sql(`DELETE FROM @.log WHERE tenant = '${tenant}' AND session = '${damaged.id}'`)
    await (await opened(logs, sound)).release({ at: 0 })
    const take = (): Promise<readonly OpenLog[]> => logs.takeDue(10, { has: [], tenants: [tenant] })
    expect(idsOf(await take())).toStrictEqual([sound.id])
    await logs.post(damaged, { id: 'e', kind: 'k', body: null })
    expect(await take()).toStrictEqual([])
    expect(reports.join()).toContain('row 1 of the log is missing')
    await expect(logs.open(damaged, { mustExist: true })).rejects.toMatchObject({ code: 'SESSION_INVALID' })
    expect(await logs.open(parked, { mustExist: true })).toHaveProperty('epoch', 2)
  })

  test('a session that adds records or is released is not parked, however often its owner dies', async () => {
    const engine = await newEngine()
    const name = newName()
    for (let round = 0; round < 5; round++) {
      const logs = await engine.start()
      const [log] =
        round === 0 ? [await opened(logs, name)] : await logs.takeDue(1, { has: [], tenants: [name.tenant] })
      expect(log?.epoch).toBe(round + 1)
      if (round % 2 === 0) await log?.append([note(round)], nothing)
      await endLease(engine, logs, name)
    }
  })
}

function idsOf(logs: readonly OpenLog[]): string[] {
  return logs.map(({ name }) => name.id).toSorted()
}

async function parkedIds(logs: SessionLogs, { tenant }: SessionName): Promise<string[]> {
  const ids: string[] = []
  for await (const session of logs.list({ tenant, isParked: true })) ids.push(session.name.id)
  return ids
}
