import { expect, test } from 'vitest'
import { endLease, type LogEngine, newName, note, nothing, opened, recordsOf } from './engine.ts'

/** Behaviors of every engine: opening, appending, losing and releasing. */
export function ownershipBehaviors(newEngine: () => Promise<LogEngine>): void {
  test('open creates a session, whose only record is that of its owner', async () => {
    const logs = await (await newEngine()).start()
    const log = await opened(logs, newName())
    expect([log.epoch, await recordsOf(log)]).toStrictEqual([1, ['took 1']])
  })

  test('open with mustExist rejects for a missing session, and creates nothing', async () => {
    const logs = await (await newEngine()).start()
    const name = newName()
    await expect(logs.open(name, { mustExist: true })).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    await expect(logs.read(name)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  test.for(['', 'a/b', '../x', 'ü', 'a b', 'x'.repeat(129), "'; --", '\u0000'])(
    'open refuses the name %j',
    async (id) => {
      const logs = await (await newEngine()).start()
      const { tenant } = newName()
      await expect(logs.open({ tenant, id }, { mustExist: false })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
      await expect(logs.open({ tenant: id, id: 'a' }, { mustExist: false })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      })
    },
  )

  test('open returns the node that has the session open, in the same and in another process', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start({ url: 'http://a:1' }), await engine.start()]
    const name = newName()
    await opened(first, name)
    const owner = await second.ownerOf(name)
    expect(owner).toMatchObject({ url: 'http://a:1' })
    expect(await first.open(name, { mustExist: true })).toStrictEqual({ heldBy: owner })
    expect(await second.open(name, { mustExist: true })).toStrictEqual({ heldBy: owner })
  })

  test('of many nodes that open a session at the same time, one gets it', async () => {
    const engine = await newEngine()
    const nodes = await Promise.all(Array.from({ length: 5 }, () => engine.start()))
    for (let round = 0; round < 3; round++) {
      const name = newName()
      const results = await Promise.all(nodes.map((node) => node.open(name, { mustExist: false })))
      expect(results.filter((result) => 'epoch' in result)).toHaveLength(1)
    }
  })

  test('a released session continues in another node with all of its records', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start(), await engine.start()]
    const name = newName()
    const log = await opened(first, name)
    const special = { type: 'x', cell: 2, text: '\u0000\u2028\uD800 ü 😀 \\ " \' {}', deep: [{ a: [null, 1.5] }] }
    await log.append([note(1), note(2)], nothing)
    await log.append([special], nothing)
    await log.release({ at: null })
    expect(await first.ownerOf(name)).toBeNull()
    const next = await opened(second, name)
    expect(next.epoch).toBe(2)
    const records = ['took 1', note(1), note(2), special, 'took 2']
    expect(await recordsOf(next)).toStrictEqual(records)
    expect(await recordsOf(next)).toStrictEqual(records)
  })

  test('a released log refuses every use', async () => {
    const logs = await (await newEngine()).start()
    const log = await opened(logs, newName())
    await log.release({ at: null })
    await expect(log.append([note(1)], nothing)).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    await expect(log.inbox()).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    expect(log.heldUntil.remainingMs()).toBeLessThan(0)
    await log.release({ at: null })
  })

  test('release waits for appends that are under way', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start(), await engine.start()]
    const name = newName()
    const log = await opened(first, name)
    const appends = [1, 2, 3].map((n) => log.append([note(n)], nothing))
    await log.release({ at: null })
    await Promise.all(appends)
    expect(await recordsOf(await opened(second, name))).toStrictEqual(['took 1', note(1), note(2), note(3), 'took 2'])
  })

  test('appends without waiting are on record in the order of the calls', async () => {
    const logs = await (await newEngine()).start()
    const name = newName()
    const log = await opened(logs, name)
    const settled: number[] = []
    const numbers = Array.from({ length: 200 }, (_, n) => n)
    await Promise.all(numbers.map((n) => log.append([note(n)], nothing).then(() => settled.push(n))))
    expect(settled).toStrictEqual(numbers)
    const { records } = await logs.read(name)
    expect(records.slice(1)).toStrictEqual(numbers.map((n) => note(n)))
  })

  test('appends of many sessions at the same time do not mix', async () => {
    const logs = await (await newEngine()).start()
    const { tenant } = newName()
    const open = await Promise.all(Array.from({ length: 40 }, () => opened(logs, newName(tenant))))
    for (let round = 0; round < 3; round++) {
      await Promise.all(open.map((log, index) => log.append([note(index), note(round)], nothing)))
    }
    for (const [index, { name }] of open.entries()) {
      const { records } = await logs.read(name)
      expect(records.slice(1)).toStrictEqual([0, 1, 2].flatMap((round) => [note(index), note(round)]))
    }
  })

  test('an owner whose lease is over loses the session to the next one, for good', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start(), await engine.start()]
    const name = newName()
    const old = await opened(first, name)
    await old.append([note(1)], nothing)
    await endLease(engine, first, name)
    const next = await opened(second, name)
    await next.append([note(2)], nothing)
    const late = [old.append([note(3)], nothing), old.append([note(4)], nothing)]
    for (const append of late) await expect(append).rejects.toMatchObject({ code: 'SESSION_LOST' })
    expect(await old.lost).toMatchObject({ type: 'taken_over', error: { code: 'SESSION_LOST' } })
    await expect(old.append([note(5)], nothing)).rejects.toMatchObject({ code: 'SESSION_LOST' })
    await expect(old.snapshot((async function* () {})())).rejects.toMatchObject({ code: 'SESSION_LOST' })
    await expect(old.putBlob(new Uint8Array(1))).rejects.toMatchObject({ code: 'SESSION_LOST' })
    expect(old.heldUntil.remainingMs()).toBeLessThan(0)
    await old.release({ at: 0 })
    expect((await second.read(name)).records.slice(1)).toMatchObject([note(1), { type: 'took', epoch: 2 }, note(2)])
    expect(await second.ownerOf(name)).not.toBeNull()
  })

  test('an owner whose lease is over can append until another one has taken the session', async () => {
    const engine = await newEngine()
    const logs = await engine.start()
    const name = newName()
    const log = await opened(logs, name)
    await endLease(engine, logs, name)
    await log.append([note(1)], nothing)
    expect((await logs.read(name)).records.slice(1)).toStrictEqual([note(1)])
    expect((await logs.read(name)).owner).toBeNull()
  })

  test('a node that renews too late notices the sessions that others took, without an append', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start({ leaseMs: 300 }), await engine.start()]
    const [taken, kept] = [newName(), newName()]
    const [old, other] = [await opened(first, taken), await opened(first, kept)]
    await expect
      .poll(async () => {
        await endLease(engine, first, taken)
        return 'epoch' in (await second.open(taken, { mustExist: true }))
      })
      .toBe(true)
    expect(await old.lost).toMatchObject({ type: 'taken_over' })
    await other.append([note(1)], nothing)
    expect(await recordsOf(other)).toStrictEqual(['took 1'])
  })

  test('an owner is alive as long as it renews', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start({ leaseMs: 1200 }), await engine.start()]
    const name = newName()
    const log = await opened(first, name)
    // waits because the lease must run out, if it is not renewed
    await new Promise((resolve) => setTimeout(resolve, 1300))
    expect(await second.open(name, { mustExist: true })).toHaveProperty('heldBy')
    expect(log.heldUntil.remainingMs()).toBeGreaterThan(0)
  })

  test('a node that closes leaves its sessions to others at once', async () => {
    const engine = await newEngine()
    const [first, second] = [await engine.start({}), await engine.start()]
    const name = newName()
    const log = await opened(first, name)
    await log.append([note(1)], nothing)
    await first[Symbol.asyncDispose]()
    await expect(log.append([note(2)], nothing)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    await expect(first.read(name)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    expect(await recordsOf(await opened(second, name))).toStrictEqual(['took 1', note(1), 'took 2'])
  })

  test('an owner whose last rows are missing loses the session, and the operator is notified', async () => {
    const reports: string[] = []
    const engine = await newEngine()
    const logs = await engine.start({ onReport: (text) => reports.push(text) })
    const name = newName()
    const log = await opened(logs, name)
    for (const n of [1, 2]) await log.append([note(n)], nothing)
    await engine.sql(`DELETE FROM @.log WHERE tenant = '${name.tenant}' AND seq = 3`)
    await expect(log.append([note(3)], nothing)).rejects.toMatchObject({ code: 'SESSION_LOST' })
    expect(await log.lost).toMatchObject({ type: 'rows_missing' })
    expect(reports.join()).toContain(`lost rows of session "${name.tenant}/${name.id}"`)
    expect(await recordsOf(await opened(logs, name))).toStrictEqual(['took 1', note(1), 'took 2'])
  })

  test('rows that another history put behind the last row of an owner are not its rows', async () => {
    const engine = await newEngine()
    const logs = await engine.start({ onReport: () => undefined })
    const name = newName()
    const log = await opened(logs, name)
    for (const n of [1, 2]) await log.append([note(n)], nothing)
    // As after a failover that lost a row, which another row with the same number and epoch replaced.
    const sum = "'00000000-0000-0000-0000-000000000000'"
    await engine.sql(`UPDATE @.log SET sum = ${sum} WHERE tenant = '${name.tenant}' AND seq = 3`)
    await expect(log.append([note(3)], nothing)).rejects.toMatchObject({ code: 'SESSION_LOST' })
  })

  test.for([
    { what: 'a missing row', sql: 'DELETE FROM @.log WHERE seq = 2', message: 'row 2 of the log is missing' },
    {
      what: 'changed records',
      sql: 'UPDATE @.log SET body = BYTES(5b5d) WHERE seq = 2',
      message: 'row 2 of the log is damaged',
    },
    { what: 'another epoch', sql: 'UPDATE @.log SET epoch = 7 WHERE seq = 2', message: 'row 2 of the log is damaged' },
  ])('a reader notices $what', async ({ sql, message }) => {
    const engine = await newEngine()
    const logs = await engine.start()
    const name = newName()
    const log = await opened(logs, name)
    for (const n of [1, 2]) await log.append([note(n)], nothing)
    await log.release({ at: null })
    await engine.sql(`${sql} AND tenant = '${name.tenant}'`)
    await expect(logs.read(name)).rejects.toMatchObject({
      code: 'SESSION_INVALID',
      message: expect.stringContaining(message),
    })
    const again = await opened(logs, name)
    await expect(recordsOf(again)).rejects.toMatchObject({ code: 'SESSION_INVALID' })
  })
}
