import { expect, test } from 'vitest'
import type { FleetReport } from '../../../src/storage/logs/fleet-report.ts'
import type { OpenLog, Projection, SessionLogs } from '../../../src/storage/logs/session-logs.ts'
import { type LogEngine, newName, note, nothing, opened } from './engine.ts'

const build = '1.2.3'
const counts = { running: 2, finished: 1, closed: 4 }
const approval = { key: 'k', cellId: '1', callId: 'tool-1', identifier: 'send', input: '{}', askedAt: 5000 }
const noWork = {
  due: 0,
  dueSince: null,
  abandoned: 0,
  abandonedSince: null,
  needs: [],
  waiting: 0,
  nextDueAt: null,
  inbox: 0,
  oldestInboxAt: null,
  parked: 0,
  parkedSessions: [],
}

/** Behaviors of every engine: reports about all nodes and sessions. */
export function fleetBehaviors(newEngine: () => Promise<LogEngine>): void {
  test('a report has each live node with its address, version, lease and sessions, and whether it drains', async () => {
    const engine = await newEngine()
    const nodes = [
      await engine.start({ url: 'http://a', build }),
      await engine.start({ build }),
      await engine.start({}),
    ]
    const { tenant } = newName()
    const ids: string[] = []
    for (const logs of nodes) ids.push(await nodeOf(logs, await opened(logs, newName(tenant))))
    await nodes[1]?.drain()
    const { at, nodes: all } = await fleetOf(nodes[0], tenant)
    expect(ids.map((id) => all.find(({ node }) => node === id))).toMatchObject([
      { address: 'http://a', build, isAlive: true, isDraining: false, isReader: true, sessions: 1 },
      { address: null, build, isAlive: true, isDraining: true, isReader: false, sessions: 1 },
      { address: null, build: null, isAlive: true, isDraining: false, isReader: false, sessions: 1 },
    ])
    for (const { aliveSince, leaseUntil } of all.filter(({ node }) => ids.includes(node))) {
      expect(aliveSince).toBeLessThanOrEqual(at)
      expect(leaseUntil).toBeGreaterThan(at)
    }
  })

  test('a node that ended is in a report as long as it has sessions, which are abandoned', async () => {
    const engine = await newEngine()
    const [reader, dead] = [await engine.start({}), await engine.start({ build })]
    const { tenant } = newName()
    const names = [newName(tenant), newName(tenant)]
    const logs = [await opened(dead, names[0] ?? newName()), await opened(dead, names[1] ?? newName())]
    const id = await nodeOf(dead, logs[0])
    await engine.sql(`UPDATE @.nodes SET lease_until = 1000 WHERE node = '${id}'`)
    const report = await fleetOf(reader, tenant)
    expect(report.nodes.find(({ node }) => node === id)).toMatchObject({
      isAlive: false,
      leaseUntil: 1000,
      sessions: 2,
    })
    expect(report.queues).toStrictEqual([{ ...noWork, tenant, abandoned: 2, abandonedSince: 1000 }])
    expect(report.tenants).toMatchObject([{ tenant, sessions: 2, openSessions: 0 }])
    await reader.takeDue(10, { has: [], tenants: [tenant] })
    const later = await fleetOf(reader, tenant)
    expect(later.nodes.some(({ node }) => node === id)).toBe(false)
    expect([later.queues, later.tenants]).toMatchObject([[], [{ openSessions: 2 }]])
  })

  test('a report counts sessions, cells and approvals of each tenant, and names no session of it', async () => {
    const logs = await (await newEngine()).start()
    const [one, other] = [newName(), newName()]
    const projection: Projection = {
      wakeAt: null,
      approvals: [approval, { ...approval, key: 'l', askedAt: 4000 }],
      counts,
    }
    for (const name of [one, newName(one.tenant)]) await (await opened(logs, name)).append([note(1)], projection)
    await (await opened(logs, newName(one.tenant))).release({ at: null })
    await opened(logs, other)
    const all = await fleetOf(logs, null)
    const cells = { running: 4, finished: 2, closed: 8 }
    const tenants = all.tenants.filter(({ tenant }) => [one.tenant, other.tenant].includes(tenant))
    expect(tenants).toStrictEqual(
      [
        { tenant: one.tenant, sessions: 3, openSessions: 2, cells, approvals: 4, oldestApprovalAt: 4000 },
        {
          tenant: other.tenant,
          sessions: 1,
          openSessions: 1,
          cells: nothing.counts,
          approvals: 0,
          oldestApprovalAt: null,
        },
      ].toSorted((left, right) => (left.tenant < right.tenant ? -1 : 1)),
    )
    expect(JSON.stringify(all)).not.toContain(`"${one.id}"`)
  })

  test('a report counts the running cells of each engine, the most first, and those without a known engine', async () => {
    const logs = await (await newEngine()).start()
    const { tenant } = newName()
    const [a, b] = [
      { id: 'a1', name: 'v8 1.0' },
      { id: 'b1', name: 'v8 "2.0"' },
    ]
    for (const engines of [
      [{ ...a, cells: 1 }],
      [
        { ...b, cells: 1 },
        { ...a, cells: 1 },
      ],
      [{ ...b, cells: 2 }],
      [],
    ]) {
      await (await opened(logs, newName(tenant))).append([note(1)], { ...nothing, engines, counts })
    }
    const rows = [
      { engine: 'b1', name: b.name, cells: 3 },
      { engine: 'a1', name: a.name, cells: 2 },
      { engine: null, name: null, cells: 3 },
    ]
    expect((await fleetOf(logs, tenant)).engines).toStrictEqual(rows)
  })

  test('names of engines and inputs of approvals that no JSON type of a store accepts do not hide the fleet', async () => {
    const logs = await (await newEngine()).start()
    const name = newName()
    const hostile = '"\\ "askedAt":1 \\u0000 \0 \uD800 é'
    const projection: Projection = {
      ...nothing,
      counts: { running: 1, finished: 0, closed: 0 },
      engines: [{ id: 'a1', name: hostile, cells: 1 }],
      approvals: [{ ...approval, identifier: hostile, input: hostile }],
    }
    await (await opened(logs, name)).append([note(1)], projection)
    const { engines, tenants } = await fleetOf(logs, name.tenant)
    expect(engines).toStrictEqual([{ engine: 'a1', name: '"\\ "askedAt":1 \\u0000 ? ? ?', cells: 1 }])
    expect(tenants).toMatchObject([{ approvals: 1, oldestApprovalAt: 5000 }])
  })

  test('a report of one tenant has nothing of others', async () => {
    const logs = await (await newEngine()).start()
    const [one, other] = [newName(), newName()]
    for (const name of [one, other]) {
      const log = await opened(logs, name)
      await log.append([note(1)], { ...nothing, approvals: [approval], counts })
      await log.release({ at: 0, isParked: name === other })
      await logs.post(name, { id: 'e', kind: 'k', body: null })
    }
    const report = await fleetOf(logs, one.tenant)
    expect([report.tenants, report.queues].map((rows) => rows.map(({ tenant }) => tenant))).toStrictEqual([
      [one.tenant],
      [one.tenant],
    ])
    expect(JSON.stringify(report)).not.toContain(other.tenant)
    expect(await fleetOf(logs, 'nobody')).toMatchObject({ tenants: [], queues: [], engines: [] })
    await expect(logs.fleet("'; DROP TABLE x")).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('a report has the sessions that are due and since when, those that wait, entries, and parked sessions', async () => {
    const logs = await (await newEngine()).start()
    const { tenant } = newName()
    const release = async (wake: Parameters<OpenLog['release']>[0]): Promise<string> => {
      const name = newName(tenant)
      await (await opened(logs, name)).release(wake)
      return name.id
    }
    const nextDueAt = Date.now() + 3_600_000
    for (const at of [70_000, 60_000, nextDueAt, nextDueAt + 1, null]) await release({ at })
    const parked = [await release({ at: 0, isParked: true }), await release({ at: null, isParked: true })].toSorted()
    const queue = {
      ...noWork,
      tenant,
      due: 2,
      dueSince: 60_000,
      waiting: 2,
      nextDueAt,
      parked: 2,
      parkedSessions: parked,
    }
    expect((await fleetOf(logs, tenant)).queues).toStrictEqual([queue])
  })

  test('a report has the capabilities that due and abandoned sessions need', async () => {
    const engine = await newEngine()
    const [reader, dead] = [await engine.start({}), await engine.start({})]
    const { tenant } = newName()
    for (const [needs, at] of [
      [['engine:a', 'tools:x'], 0],
      [['engine:b'], Date.now() + 3_600_000],
      [[], 0],
    ] as const) {
      await (await opened(reader, newName(tenant), needs)).release({ at })
    }
    await opened(reader, newName(tenant), ['engine:c'])
    const node = await nodeOf(dead, await opened(dead, newName(tenant), ['engine:a']))
    await engine.sql(`UPDATE @.nodes SET lease_until = 1000 WHERE node = '${node}'`)
    const needs = [
      { capability: 'engine:a', sessions: 2 },
      { capability: 'tools:x', sessions: 1 },
    ]
    expect((await fleetOf(reader, tenant)).queues).toMatchObject([{ tenant, due: 2, abandoned: 1, waiting: 1, needs }])
  })

  test('a session that an entry made due is due since the entry', async () => {
    const logs = await (await newEngine()).start()
    const name = newName()
    await (await opened(logs, name)).release({ at: null })
    const before = Date.now()
    for (const id of ['e', 'f']) await logs.post(name, { id, kind: 'k', body: null })
    const [queue] = (await fleetOf(logs, name.tenant)).queues
    expect(queue).toMatchObject({ due: 1, inbox: 2 })
    // The clock of the server can differ by a little.
    expect(queue?.dueSince).toBeGreaterThan(before - 5000)
    expect(queue?.oldestInboxAt).toBe(queue?.dueSince)
  })

  test('a report adds up any number of sessions, and has the first parked ones', async () => {
    const engine = await newEngine()
    const logs = await engine.start()
    const tenants = [newName().tenant, newName().tenant]
    for (const [index, tenant] of tenants.entries()) {
      const source = index === 0 ? 2000 : 2500
      await engine.sql(`INSERT INTO @.sessions (tenant, id, epoch, needs, idle_epochs, created_at)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${source})
        SELECT '${tenant}', 's' || (10000 + i), 1, NEEDS, CASE WHEN i > 1990 THEN 3 ELSE 0 END, 1 FROM n`)
    }
    const { tenants: all, queues } = await fleetOf(logs, null)
    expect(tenants.map((tenant) => all.find((each) => each.tenant === tenant)?.sessions)).toStrictEqual([2000, 2500])
    const parked = tenants.map((tenant) => queues.find((each) => each.tenant === tenant))
    expect(parked.map((queue) => queue?.parked)).toStrictEqual([10, 510])
    expect(parked[1]?.parkedSessions).toHaveLength(20)
    expect(parked[1]?.parkedSessions[0]).toBe('s11991')
  })
}

async function fleetOf(logs: SessionLogs | undefined, tenant: string | null): Promise<FleetReport> {
  if (logs === undefined) throw new Error('expected a node')
  return await logs.fleet(tenant)
}

/** Returns the node that has a session open. */
async function nodeOf(logs: SessionLogs, log: OpenLog | undefined): Promise<string> {
  const owner = log === undefined ? null : await logs.ownerOf(log.name)
  return owner?.node ?? ''
}
