import { describe, expect, test } from 'vitest'
import {
  createCodeModeTools,
  createSession,
  readSession,
  type CellWait,
  type CellOutcome,
  type Session,
} from '../../../src/index.ts'
import { keyNamed } from '../../support/keys.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'
import { EventWatch } from '../following/event-watch.ts'
import { startFaults, startReasons, UnreliableHosts, type StartFault } from './unreliable-hosts.ts'

const longYieldTime = { yieldTimeMs: 300_000 }

/** A program that prints the results of two calls. */
const source = 'text(await tools.gate({ n: 1 })); text(await tools.gate({ n: 2 }))'

type Setting = {
  readonly hosts: UnreliableHosts
  readonly gate: Gate
  readonly watch: EventWatch
  readonly session: Session
  /** Makes all later starts of hosts fail, and kills the running hosts. */
  readonly breakDown: () => void
}

/** A situation in which cell 1 needs a host and none can start. */
type Situation = {
  readonly when: string
  readonly isDurable?: boolean
  readonly isolation?: 'process-per-session'
  readonly evictAfterMs?: number
  readonly reach: (setting: Setting) => Promise<void>
}

const situations: readonly Situation[] = [
  {
    when: 'when it starts',
    reach: async ({ session, breakDown }) => {
      breakDown()
      expect(await session.execute(source, { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded' })
    },
  },
  {
    when: 'when it starts in a session with its own hosts',
    isolation: 'process-per-session',
    reach: async ({ session, breakDown }) => {
      breakDown()
      expect(await session.execute(source, { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded' })
    },
  },
  {
    when: 'when it is revived',
    reach: async ({ session, gate, breakDown }) => {
      const begun = session.execute(source, { yieldTimeMs: 0 })
      await gate.called(1)
      await begun
      breakDown()
    },
  },
  {
    when: 'when it is revived on a dedicated host',
    reach: async ({ session, gate, watch, breakDown }) => {
      const begun = session.execute(source, { yieldTimeMs: 0 })
      await gate.called(1)
      await begun
      // The host dies after it received a command for the cell, which makes the cell a suspect.
      watch.onEach = ({ type }) => {
        if (type === 'cell_command') queueMicrotask(breakDown)
      }
      gate.open('first')
      await watch.waitFor('cell_revived', 1)
      watch.onEach = () => undefined
    },
  },
  {
    when: 'when it resumes after an eviction',
    evictAfterMs: 0,
    reach: async ({ session, gate, watch, breakDown }) => {
      await session.execute(source, { yieldTimeMs: 0 })
      await watch.waitFor('cell_evicted', 1)
      breakDown()
      gate.open('first')
      await watch.waitFor('cell_revived', 1)
    },
  },
  {
    when: 'when it is durable and resumes after an eviction',
    evictAfterMs: 0,
    isDurable: true,
    reach: async ({ session, gate, watch, breakDown }) => {
      await session.execute(source, { yieldTimeMs: 0 })
      await watch.waitFor('cell_evicted', 1)
      breakDown()
      gate.open('first')
      await watch.waitFor('cell_revived', 1)
    },
  },
]

/** Returns the waits of the only cell of a durable session, as a reader of its folder sees them. */
function waitsOf(folder: string): readonly CellWait[] {
  const state = readSession({ storage: folder, sessionId: 'work' }).cellList[0]?.state
  return state?.type === 'running' ? state.waits : []
}

/** Settles the remaining calls and returns the outcome. */
async function finish(session: Session, gate: Gate): Promise<CellOutcome> {
  for (const [count, result] of [
    [1, 'first'],
    [2, 'second'],
  ] as const) {
    await gate.called(count)
    gate.open(result)
  }
  return await session.observe('1', longYieldTime)
}

describe.each(startFaults)('while no host can start, because %s,', (fault) => {
  // Concurrent tests must use the `expect.poll` of their own context.
  test.concurrent.for(situations)('a cell waits for a host $when', async (situation, context) => {
    const { isDurable, isolation, evictAfterMs, reach } = situation
    await using hosts = new UnreliableHosts()
    const gate = new Gate()
    const watch = new EventWatch()
    await using session = await createSession({
      hosts: hosts.pool,
      tools: [gate.tool],
      listeners: [watch],
      ...(isDurable === true ? { storage: newFolder() } : {}),
      ...(isolation === undefined ? {} : { isolation }),
      ...(evictAfterMs === undefined ? {} : { evictAfterMs }),
    })
    const breakDown = (): void => {
      hosts.fault = fault
      hosts.kill()
    }
    await reach({ hosts, gate, watch, session, breakDown })
    await context.expect.poll(() => hosts.failures).toBeGreaterThan(1)
    expect(await session.observe('1', { yieldTimeMs: 0 })).toMatchObject({
      type: 'yielded',
      stalled: false,
      waitsForHost: startReasons[fault],
    })
    hosts.fault = null
    const outcome = await finish(session, gate)
    expect(outcome.type).toBe('completed')
    expect(textsOf(outcome)).toEqual(['first', 'second'])
    expect(gate.calls).toEqual([{ n: 1 }, { n: 2 }])
  })

  test.concurrent('a durable cell that a new process resumes waits for a host', async (context) => {
    const options = { storage: newFolder(), sessionId: 'work', approvals: { hold: true } }
    await using hosts = new UnreliableHosts()
    const gate = new Gate()
    const inputs: unknown[] = []
    const ask = { name: 'ask', needsApproval: 'ask' as const, call: (input: unknown) => inputs.push(input) }
    const tools = [gate.tool, ask]
    const before = await createSession({ ...options, hosts: hosts.pool, tools })
    const begun = before.execute('text(await tools.gate({ n: 1 })); text(await tools.ask({ n: 2 }))', longYieldTime)
    await gate.called(1)
    gate.open('first')
    expect(textsOf(await begun)).toEqual(['first'])
    await before.close()
    // The host dies after the session opened, before the cell has replayed its journal.
    await using session = await createSession({ ...options, hosts: hosts.pool, tools })
    hosts.fault = fault
    hosts.kill()
    const failures = hosts.failures
    await context.expect.poll(() => hosts.failures).toBeGreaterThan(failures + 1)
    expect(await session.observe('1', { yieldTimeMs: 0 })).toMatchObject({
      type: 'yielded',
      waitsForHost: startReasons[fault],
    })
    expect(waitsOf(options.storage)).toEqual([
      expect.objectContaining({ type: 'person' }),
      { type: 'host', reason: startReasons[fault] },
    ])
    hosts.fault = null
    await context.expect.poll(() => waitsOf(options.storage)).toEqual([expect.objectContaining({ type: 'person' })])
    await context.expect.poll(() => session.pendingApprovals()).toHaveLength(1)
    await session.decide(keyNamed(session, 'work/1/tool-2'), { type: 'allow' })
    expect(textsOf(await session.observe('1', longYieldTime))).toEqual(['1'])
    expect([gate.calls, inputs]).toEqual([[{ n: 1 }], [{ n: 2 }]])
  })

  test.concurrent('createSession() rejects', async () => {
    await using hosts = new UnreliableHosts()
    hosts.fault = fault
    const reason = startReasons[fault]
    await expect(createSession({ hosts: hosts.pool })).rejects.toMatchObject({
      code: 'HOST_START_FAILED',
      message: `Cannot start a host: ${reason}`,
    })
    expect(hosts.starts).toBe(3)
  })
})

/** Returns a session whose host has died and cannot be replaced. */
async function sessionWithoutHost(fault: StartFault = 'it exits at start'): Promise<{
  readonly hosts: UnreliableHosts
  readonly session: Session
  readonly [Symbol.asyncDispose]: () => Promise<void>
}> {
  const hosts = new UnreliableHosts()
  const session = await createSession({ hosts: hosts.pool })
  hosts.fault = fault
  hosts.kill()
  return {
    hosts,
    session,
    async [Symbol.asyncDispose]() {
      await session.close()
      await hosts[Symbol.asyncDispose]()
    },
  }
}

test('many cells that wait for a host share its starts', async () => {
  await using all = await sessionWithoutHost()
  const cells = Array.from({ length: 100 }, (_, n) => all.session.execute(`text(${n})`, longYieldTime))
  await expect.poll(() => all.hosts.failures).toBeGreaterThan(1)
  expect(all.hosts.failures).toBeLessThan(20)
  all.hosts.fault = null
  expect((await Promise.all(cells)).map((outcome) => textsOf(outcome)[0])).toEqual(
    Array.from({ length: 100 }, (_, n) => String(n)),
  )
})

test('a session terminates a cell that waits for a host and starts nothing for it', async () => {
  await using all = await sessionWithoutHost()
  expect(await all.session.execute('text(1)', { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded' })
  expect(await all.session.terminate('1')).toMatchObject({ type: 'terminated', items: [] })
  const { starts } = all.hosts
  all.hosts.fault = null
  expect(textsOf(await all.session.execute('text(2)', longYieldTime))).toEqual(['2'])
  expect(all.hosts.starts).toBeLessThanOrEqual(starts + 2)
})

test('a session can close while its cells wait for a host', async () => {
  const all = await sessionWithoutHost()
  const cell = all.session.execute('text(1)', longYieldTime)
  await expect.poll(() => all.hosts.failures).toBeGreaterThan(1)
  await all[Symbol.asyncDispose]()
  expect((await cell).type).toBe('terminated')
})

test('the start of a host ends the wait of every session of the pool', async () => {
  await using all = await sessionWithoutHost()
  const cell = all.session.execute('text(1)', longYieldTime)
  await expect.poll(() => all.hosts.failures).toBeGreaterThan(1)
  all.hosts.fault = null
  await using other = await createSession({ hosts: all.hosts.pool })
  expect(textsOf(await cell)).toEqual(['1'])
  expect(textsOf(await other.execute('text(2)', longYieldTime))).toEqual(['2'])
})

test('a pool that cannot start a second host runs its cells on the first and limits its attempts', async () => {
  await using hosts = new UnreliableHosts({ min: 2, max: 2 })
  await using session = await createSession({ hosts: hosts.pool })
  hosts.fault = 'it cannot be created'
  for (let n = 0; n < 50; n++) {
    const cells = [0, 1].map((half) => session.execute(`text(${2 * n + half})`, longYieldTime))
    expect((await Promise.all(cells)).map((outcome) => textsOf(outcome)[0])).toEqual([`${2 * n}`, `${2 * n + 1}`])
  }
  expect(hosts.failures).toBeLessThan(20)
})

test('a session on a disposed pool starts no cell', async () => {
  await using all = await sessionWithoutHost()
  await all.hosts.pool[Symbol.asyncDispose]()
  await expect(all.session.execute('text(1)')).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
})

test('a model receives a note that its program waits for a host', async () => {
  await using all = await sessionWithoutHost()
  const { exec, wait } = createCodeModeTools(all.session, { waitBackoff: { minMs: 0 } })
  const first = await exec.call({ code: 'text("done")', yield_time_ms: 0 })
  expect(first).toMatchObject({ success: true, cellId: '1' })
  await expect.poll(() => all.hosts.failures).toBeGreaterThan(1)
  expect(textsOf(await wait.call({ cell_id: '1', yield_time_ms: 0 })).slice(1)).toEqual([
    'This script is waiting for a host process, because none can be started at the moment: it exited with code 1. It continues as soon as one starts.',
  ])
  all.hosts.fault = null
  expect(textsOf(await wait.call({ cell_id: '1', yield_time_ms: 300_000 })).slice(1)).toEqual(['done'])
})
