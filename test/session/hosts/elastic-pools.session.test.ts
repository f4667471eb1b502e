import { describe, expect, test } from 'vitest'
import { createHostPool, createSession, type HostPoolOptions, type Session } from '../../../src/index.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'
import { EventWatch } from '../following/event-watch.ts'
import { UnreliableHosts } from './unreliable-hosts.ts'

const longYieldTime = { yieldTimeMs: 300_000 }
const waiting = 'text(await tools.gate({}))'
const endless = 'for (;;);'

/** Starts cells that wait for the gate, and resolves when all have called it. */
async function startWaiting(session: Session, gate: Gate, count: number): Promise<void> {
  const before = gate.calls.length
  for (let cell = 0; cell < count; cell++) void session.execute(waiting, { yieldTimeMs: 0 })
  await gate.called(before + count)
}

describe('an elastic pool', () => {
  test('grows to its maximum while cells wait for a slot, and evicts cells only then', async () => {
    await using hosts = new UnreliableHosts({ min: 1, max: 3, maxCells: 2 })
    const gate = new Gate()
    const watch = new EventWatch()
    await using session = await createSession({ hosts: hosts.pool, tools: [gate.tool], listeners: [watch] })
    await startWaiting(session, gate, 2)
    expect(hosts.running).toBe(1)
    await startWaiting(session, gate, 4)
    expect([hosts.running, watch.count('cell_evicted')]).toEqual([3, 0])
    await startWaiting(session, gate, 1)
    expect([hosts.running, watch.count('cell_evicted')]).toEqual([3, 1])
  })

  test('starts the hosts that its waiting cells need at the same time', async () => {
    await using hosts = new UnreliableHosts({ min: 1, max: 8, maxCells: 1 })
    const gate = new Gate()
    await using session = await createSession({ hosts: hosts.pool, tools: [gate.tool] })
    await startWaiting(session, gate, 6)
    expect(hosts.starts).toBe(6)
  })

  test.each([0, 1, 2])('releases its idle hosts down to a minimum of %i, and grows again', async (min) => {
    await using hosts = new UnreliableHosts({ min, max: 3, maxCells: 1, releaseAfterMs: 50 })
    const gate = new Gate()
    await using session = await createSession({ hosts: hosts.pool, tools: [gate.tool] })
    for (const round of [1, 2]) {
      await startWaiting(session, gate, 3)
      expect(hosts.running).toBe(3)
      while (gate.open(round));
      await expect.poll(() => hosts.running).toBe(min)
    }
    expect(textsOf(await session.execute('text("again")', longYieldTime))).toEqual(['again'])
    expect(hosts.failures).toBe(0)
  })

  test('keeps a host whose cells wait', async () => {
    await using hosts = new UnreliableHosts({ min: 0, max: 2, releaseAfterMs: 20 })
    const gate = new Gate()
    await using session = await createSession({ hosts: hosts.pool, tools: [gate.tool] })
    const end = session.execute(waiting, longYieldTime)
    await gate.called(1)
    // waits because a host that is released too early would be released in this time
    await new Promise((resolve) => setTimeout(resolve, 100))
    gate.open('kept')
    expect([hosts.starts, ...textsOf(await end)]).toEqual([1, 'kept'])
  })

  test('releases the host of a session with its own hosts', async () => {
    await using hosts = new UnreliableHosts({ min: 0, max: 2, releaseAfterMs: 20 })
    await using session = await createSession({ hosts: hosts.pool, isolation: 'process-per-session' })
    expect(hosts.running).toBe(1)
    await expect.poll(() => hosts.running).toBe(0)
    expect(textsOf(await session.execute('text("again")', longYieldTime))).toEqual(['again'])
  })

  test('evicts a waiting cell when no further host can start', async () => {
    await using hosts = new UnreliableHosts({ min: 1, max: 2, maxCells: 1 })
    const gate = new Gate()
    const watch = new EventWatch()
    await using session = await createSession({ hosts: hosts.pool, tools: [gate.tool], listeners: [watch] })
    await startWaiting(session, gate, 1)
    hosts.fault = 'it exits at start'
    expect(textsOf(await session.execute('text("served")', longYieldTime))).toEqual(['served'])
    expect(watch.count('cell_evicted')).toBe(1)
  })

  test('grows for a cell as soon as starts succeed again, without another event', async () => {
    await using hosts = new UnreliableHosts({ min: 1, max: 2, maxCells: 1 })
    await using session = await createSession({ hosts: hosts.pool, limits: { maxCpuMsPerCell: 600_000 } })
    await session.execute(endless, { yieldTimeMs: 0 })
    hosts.fault = 'it cannot be created'
    const end = session.execute('text("served")', longYieldTime)
    await expect.poll(() => hosts.failures).toBeGreaterThan(1)
    hosts.fault = null
    expect(textsOf(await end)).toEqual(['served'])
    await session.terminate('1')
  })

  test('serves sessions in turn while it grows', async () => {
    await using hosts = new UnreliableHosts({ min: 1, max: 2, maxCells: 8 })
    await using greedy = await createSession({ hosts: hosts.pool, limits: { maxCpuMsPerCell: 600_000 } })
    await using modest = await createSession({ hosts: hosts.pool })
    for (let cell = 0; cell < 15; cell++) void greedy.execute('text(1); for (;;);', { yieldTimeMs: 0 })
    expect(textsOf(await modest.execute('text("has a slot")', longYieldTime))).toEqual(['has a slot'])
  })
})

test('a pool with a fixed size keeps its idle hosts', async () => {
  await using hosts = new UnreliableHosts({ min: 2, max: 2, releaseAfterMs: 20 })
  const gate = new Gate()
  await using session = await createSession({ hosts: hosts.pool, tools: [gate.tool] })
  await startWaiting(session, gate, 2)
  while (gate.open(null));
  await expect.poll(() => hosts.running).toBe(2)
  // waits because a host that is released would be released in this time
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect([hosts.running, hosts.starts]).toEqual([2, 2])
})

const wrong: readonly (readonly [options: HostPoolOptions, expected: string])[] = [
  [{ size: 2, max: 3 }, 'expected size, or min and max, got both'],
  [{ size: 2, min: 1 }, 'expected size, or min and max, got both'],
  [{ max: 0 }, 'expected max from 1 to 64, got 0'],
  [{ max: 65 }, 'expected max from 1 to 64, got 65'],
  [{ max: 1.5 }, 'expected max from 1 to 64, got 1.5'],
  [{ min: -1 }, 'expected min from 0 to 2, got -1'],
  [{ min: 3, max: 2 }, 'expected min from 0 to 2, got 3'],
  [{ min: 65 }, 'expected max from 1 to 64, got 65'],
  [{ releaseAfterMs: -1 }, 'expected releaseAfterMs from 0 to 86,400,000, got -1'],
  [{ releaseAfterMs: Number.NaN }, 'expected releaseAfterMs from 0 to 86,400,000, got NaN'],
]

test.each(wrong)('createHostPool() rejects %j', (options, expected) => {
  expect(() => createHostPool(options)).toThrow(`Cannot create a pool of hosts: ${expected}`)
})
