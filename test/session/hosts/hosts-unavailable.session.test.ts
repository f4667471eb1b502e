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

const patient = { yieldTimeMs: 300_000 }

/** Prints what the two calls answer. */
const source = 'text(await tools.gate({ n: 1 })); text(await tools.gate({ n: 2 }))'

type Setting = {
  readonly hosts: UnreliableHosts
  readonly gate: Gate
  readonly watch: EventWatch
  readonly session: Session
  /** Starts of hosts fail from now on, and those that run die. */
  readonly breakDown: () => void
}

/** Brings cell 1 to the point where it needs a host and there is none. */
type Moment = {
  readonly when: string
  readonly isDurable?: boolean
  readonly isolation?: 'process-per-session'
  readonly evictAfterMs?: number
  readonly reach: (setting: Setting) => Promise<void>
}

const moments: readonly Moment[] = [
  {
    when: 'at its first placement',
    reach: async ({ session, breakDown }) => {
      breakDown()
      expect(await session.execute(source, { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded' })
    },
  },
  {
    when: 'at its first placement, in a session with hosts of its own',
    isolation: 'process-per-session',
    reach: async ({ session, breakDown }) => {
      breakDown()
      expect(await session.execute(source, { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded' })
    },
  },
  {
    when: 'at its revival',
    reach: async ({ session, gate, breakDown }) => {
      const begun = session.execute(source, { yieldTimeMs: 0 })
      await gate.called(1)
      await begun
      breakDown()
    },
  },
  {
    when: 'at its revival alone on a host',
    reach: async ({ session, gate, watch, breakDown }) => {
      const begun = session.execute(source, { yieldTimeMs: 0 })
      await gate.called(1)
      await begun
      // Its host dies when it has something to do, so that it may have done it.
      watch.onHear = ({ type }) => {
        if (type === 'cell_command') queueMicrotask(breakDown)
      }
      gate.open('first')
      await watch.heard('cell_revived', 1)
      watch.onHear = () => undefined
    },
  },
  {
    when: 'when it is woken after an eviction',
    evictAfterMs: 0,
    reach: async ({ session, gate, watch, breakDown }) => {
      await session.execute(source, { yieldTimeMs: 0 })
      await watch.heard('cell_evicted', 1)
      breakDown()
      gate.open('first')
      await watch.heard('cell_revived', 1)
    },
  },
  {
    when: 'when a durable one is woken after an eviction',
    evictAfterMs: 0,
    isDurable: true,
    reach: async ({ session, gate, watch, breakDown }) => {
      await session.execute(source, { yieldTimeMs: 0 })
      await watch.heard('cell_evicted', 1)
      breakDown()
      gate.open('first')
      await watch.heard('cell_revived', 1)
    },
  },
]

/** Returns what the only cell of a durable session waits for, as a reader of the folder sees it. */
function waitsOf(folder: string): readonly CellWait[] {
  const state = readSession({ storage: folder, sessionId: 'work' }).cellList[0]?.state
  return state?.type === 'running' ? state.waits : []
}

/** Answers the calls that are not answered yet, and waits for the end. */
async function finish(session: Session, gate: Gate): Promise<CellOutcome> {
  for (const [count, answer] of [
    [1, 'first'],
    [2, 'second'],
  ] as const) {
    await gate.called(count)
    gate.open(answer)
  }
  return await session.observe('1', patient)
}

describe.each(startFaults)('while no host can be started, because %s,', (fault) => {
  // `expect.poll` of tests that run at the same time is that of their context.
  test.concurrent.for(moments)('a cell waits for one $when', async (moment, context) => {
    const { isDurable, isolation, evictAfterMs, reach } = moment
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

  test.concurrent('a durable cell that a new process resumes waits for one', async (context) => {
    const options = { storage: newFolder(), sessionId: 'work', approvals: { hold: true } }
    await using hosts = new UnreliableHosts()
    const gate = new Gate()
    const inputs: unknown[] = []
    const ask = { name: 'ask', needsApproval: 'ask' as const, call: (input: unknown) => inputs.push(input) }
    const tools = [gate.tool, ask]
    const before = await createSession({ ...options, hosts: hosts.pool, tools })
    const begun = before.execute('text(await tools.gate({ n: 1 })); text(await tools.ask({ n: 2 }))', patient)
    await gate.called(1)
    gate.open('first')
    expect(textsOf(await begun)).toEqual(['first'])
    await before.close()
    // The host that was there at the opening is gone before the cell has run through its journal.
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
    session.decide(keyNamed(session, 'work/1/tool-2'), { type: 'allow' })
    expect(textsOf(await session.observe('1', patient))).toEqual(['1'])
    expect([gate.calls, inputs]).toEqual([[{ n: 1 }], [{ n: 2 }]])
  })

  test.concurrent('no session can be made', async () => {
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

/** A session with a host that will be the last. */
async function broken(fault: StartFault = 'it exits at start'): Promise<{
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
  await using all = await broken()
  const cells = Array.from({ length: 100 }, (_, n) => all.session.execute(`text(${n})`, patient))
  await expect.poll(() => all.hosts.failures).toBeGreaterThan(1)
  expect(all.hosts.failures).toBeLessThan(20)
  all.hosts.fault = null
  expect((await Promise.all(cells)).map((outcome) => textsOf(outcome)[0])).toEqual(
    Array.from({ length: 100 }, (_, n) => String(n)),
  )
})

test('a cell that waits for a host can be terminated, and no host starts for it afterwards', async () => {
  await using all = await broken()
  expect(await all.session.execute('text(1)', { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded' })
  expect(await all.session.terminate('1')).toMatchObject({ type: 'terminated', items: [] })
  const { starts } = all.hosts
  all.hosts.fault = null
  expect(textsOf(await all.session.execute('text(2)', patient))).toEqual(['2'])
  expect(all.hosts.starts).toBeLessThanOrEqual(starts + 2)
})

test('a session is closed while its cells wait for a host', async () => {
  const all = await broken()
  const cell = all.session.execute('text(1)', patient)
  await expect.poll(() => all.hosts.failures).toBeGreaterThan(1)
  await all[Symbol.asyncDispose]()
  expect((await cell).type).toBe('terminated')
})

test('a host that could be started ends the waiting of every session of the pool', async () => {
  await using all = await broken()
  const cell = all.session.execute('text(1)', patient)
  await expect.poll(() => all.hosts.failures).toBeGreaterThan(1)
  all.hosts.fault = null
  await using other = await createSession({ hosts: all.hosts.pool })
  expect(textsOf(await cell)).toEqual(['1'])
  expect(textsOf(await other.execute('text(2)', patient))).toEqual(['2'])
})

test('a pool that cannot start a second host runs its cells on the first, and does not try all the time', async () => {
  await using hosts = new UnreliableHosts({ size: 2 })
  await using session = await createSession({ hosts: hosts.pool })
  hosts.fault = 'it cannot be made'
  for (let n = 0; n < 50; n++) {
    const cells = [0, 1].map((half) => session.execute(`text(${2 * n + half})`, patient))
    expect((await Promise.all(cells)).map((outcome) => textsOf(outcome)[0])).toEqual([`${2 * n}`, `${2 * n + 1}`])
  }
  expect(hosts.failures).toBeLessThan(20)
})

test('no cell is started on a pool that was disposed', async () => {
  await using all = await broken()
  await all.hosts.pool[Symbol.asyncDispose]()
  await expect(all.session.execute('text(1)')).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
})

test('the response to a model says that its program waits for a host', async () => {
  await using all = await broken()
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
