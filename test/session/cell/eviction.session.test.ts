import { afterAll, describe, expect, test } from 'vitest'
import { createHostPool, createSession, type HostPool, type CellOutcome, type Session } from '../../../src/index.ts'
import { LaterHosts } from '../../hostile/host-death/host-processes.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { EventWatch } from '../following/event-watch.ts'
import { playSchedules } from './eviction-schedules.ts'
import { runInTurn } from '../run-in-turn.ts'
import { sessionParts } from '../../support/session-parts.ts'

const longYieldTime = { yieldTimeMs: 600_000 }

// One host with one slot: each cell that runs evicts the cell that waits.
const ownHosts = new LaterHosts()
const narrowPool = createHostPool({ size: 1, warmIsolates: 1, maxCells: 1 })
afterAll(() => narrowPool[Symbol.asyncDispose]())

type Watched = AsyncDisposable & {
  readonly session: Session
  readonly gate: Gate
  readonly watch: EventWatch
  /** Runs another cell to its end. */
  readonly runOtherCell: () => Promise<void>
}

async function open({
  hosts = narrowPool,
  evictAfterMs = 3_600_000,
}: { hosts?: HostPool; evictAfterMs?: number } = {}): Promise<Watched> {
  const gate = new Gate()
  const watch = new EventWatch()
  const session = await createSession({ hosts, evictAfterMs, tools: [gate.tool], listeners: [watch] })
  return {
    session,
    gate,
    watch,
    runOtherCell: async () => expect(textsOf(await session.execute('text("way")', longYieldTime))).toEqual(['way']),
    [Symbol.asyncDispose]: () => session.close(),
  }
}

describe('a cell that waits', () => {
  test('a pool evicts a waiting cell after evictAfterMs, and the cell resumes when its call settles', async () => {
    await using all = await open({ evictAfterMs: 0 })
    const source = 'text("a"); text(await tools.gate({ key: "1" })); text(await tools.gate({ key: "2" }))'
    const cell = all.session.execute(source, longYieldTime)
    for (const key of ['1', '2']) {
      await all.watch.waitFor('cell_evicted', Number(key))
      all.gate.open(`answer ${key}`, key)
    }
    expect(textsOf(await cell)).toEqual(['a', 'answer 1', 'answer 2'])
    expect(all.gate.keys).toEqual(['1', '2'])
    expect([all.watch.count('cell_evicted'), all.watch.count('cell_revived')]).toEqual([2, 2])
  })

  test('a waiting cell keeps its isolate while its host has free slots', async () => {
    await using all = await open({ hosts: sharedHosts('default') })
    const cell = all.session.execute('text(await tools.gate({ key: "1" }))', longYieldTime)
    await all.gate.called(1)
    await all.runOtherCell()
    all.gate.open('answer', '1')
    expect(textsOf(await cell)).toEqual(['answer'])
    expect(all.watch.count('cell_evicted')).toBe(0)
  })

  test('a waiting cell releases its slot to a cell that can run', async () => {
    await using all = await open()
    const cell = all.session.execute('text(Math.random() < 1); text(await tools.gate({ key: "1" }))', longYieldTime)
    await all.gate.called(1)
    await all.runOtherCell()
    expect(all.watch.count('cell_evicted 1')).toBe(1)
    all.gate.open('answer', '1')
    expect(textsOf(await cell)).toEqual(['true', 'answer'])
  })

  test('a cell that is evicted thirty times prints and calls everything once', async () => {
    await using all = await open()
    const source = 'for (let i = 0; i < 30; i++) text([i, await tools.gate({ key: i }), Math.random() < 2])'
    const cell = all.session.execute(source, longYieldTime)
    for (let i = 0; i < 30; i++) {
      await all.gate.called(i + 1)
      await all.runOtherCell()
      all.gate.open(i * i, String(i))
    }
    expect(textsOf(await cell)).toEqual(Array.from({ length: 30 }, (_, i) => `[${i},${i * i},true]`))
    expect(all.gate.keys).toEqual(Array.from({ length: 30 }, (_, i) => String(i)))
    expect([all.watch.count('cell_evicted 1'), all.watch.count('cell_revived 1')]).toEqual([30, 30])
  })

  test('the timers of an evicted cell fire once, in order', async () => {
    await using all = await open()
    const source = `
      const wait = (ms, name) => new Promise((resolve) => setTimeout(() => (text(name), resolve()), ms))
      const cleared = setTimeout(() => text("never"), 60_000)
      await Promise.all([wait(150, "third"), wait(90, "first"), tools.gate({ key: "1" }).then(() => clearTimeout(cleared)), wait(120, "second")])
      text("end")`
    const cell = all.session.execute(source, longYieldTime)
    await all.gate.called(1)
    await all.runOtherCell()
    all.gate.open(null, '1')
    await all.watch.waitFor('cell_revived 1', 1)
    await all.runOtherCell()
    expect(textsOf(await cell)).toEqual(['first', 'second', 'third', 'end'])
    expect(all.watch.count('cell_evicted 1')).toBeGreaterThan(0)
  })

  test('a cell receives twenty results in any order, with evictions between them', async () => {
    await using all = await open()
    const source = `
      const calls = Array.from({ length: 20 }, (_, key) => tools.gate({ key }).then((value) => (text(value), value)))
      text((await Promise.all(calls)).join())`
    const cell = all.session.execute(source, longYieldTime)
    await all.gate.called(20)
    const order = Array.from({ length: 20 }, (_, key) => (key * 7 + 3) % 20)
    for (const key of order) {
      await all.runOtherCell()
      all.gate.open(key, String(key))
      await all.watch.waitFor('cell_command 1', order.indexOf(key) + 1)
    }
    const sorted = Array.from({ length: 20 }, (_, key) => key)
    expect(textsOf(await cell)).toEqual([...order.map(String), sorted.join()])
    expect(all.gate.keys).toEqual(sorted.map(String))
  })

  test('an observer receives the output of an evicted cell', async () => {
    await using all = await open()
    await all.session.execute('text("a"); yield_control(); text(await tools.gate({ key: "1" }))', longYieldTime)
    await all.gate.called(1)
    await all.runOtherCell()
    expect(await all.session.observe('1', { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded', items: [] })
    const observed = all.session.observe('1', longYieldTime)
    all.gate.open('answer', '1')
    expect(textsOf(await observed)).toEqual(['answer'])
  })

  test('an evicted cell reads the same retained output again', async () => {
    await using all = await open()
    sessionParts(all.session).retainedOutputs.add('1', 'first', { isCut: true, isLast: true })
    const source = 'text(load("output:1")); await tools.gate({ key: "1" }); text(load("output:1"))'
    const cell = all.session.execute(source, longYieldTime)
    await all.gate.called(1)
    await all.runOtherCell()
    sessionParts(all.session).retainedOutputs.add('1', 'other', { isCut: true, isLast: true })
    all.gate.open(null, '1')
    const [before, after] = textsOf(await cell)
    expect(before).toBe(after)
  })

  test('a session terminates an evicted cell without reviving it', async () => {
    await using all = await open()
    const cell = all.session.execute('text("a"); await tools.gate({ key: "1" })', longYieldTime)
    await all.gate.called(1)
    await all.runOtherCell()
    expect(await all.session.terminate('1')).toMatchObject({ type: 'terminated', items: [{ text: 'a' }] })
    expect((await cell).type).toBe('terminated')
    expect(all.watch.count('cell_revived')).toBe(0)
  })

  test('an evicted cell that nothing can wake is stalled', async () => {
    await using all = await open()
    expect(await all.session.execute('await new Promise(() => {})', longYieldTime)).toMatchObject({ stalled: true })
    await all.runOtherCell()
    expect(all.watch.count('cell_evicted 1')).toBe(1)
    expect(await all.session.observe('1', longYieldTime)).toMatchObject({ type: 'yielded', stalled: true })
  })
})

test('a pool does not evict a cell that runs', async () => {
  await using all = await open({ evictAfterMs: 0 })
  const worker = all.session.execute('for (let n = 0; n < 3e7; n++); text("worked")', longYieldTime)
  await all.runOtherCell()
  expect(textsOf(await worker)).toEqual(['worked'])
  expect(all.watch.count('cell_evicted')).toBe(0)
})

describe('an action during an eviction', () => {
  const source = 'text("a"); text(await tools.gate({ key: "1" })); text("b")'

  test('a cell receives a result that arrives during its eviction', async () => {
    await using all = await open()
    all.watch.onEach = ({ type }) => {
      if (type === 'cell_evicted') all.gate.open('answer', '1')
    }
    const cell = all.session.execute(source, longYieldTime)
    await all.gate.called(1)
    await all.runOtherCell()
    expect(textsOf(await cell)).toEqual(['a', 'answer', 'b'])
    expect(all.gate.keys).toEqual(['1'])
  })

  test('a session can terminate a cell during its eviction', async () => {
    await using all = await open()
    const ended = Promise.withResolvers<CellOutcome>()
    all.watch.onEach = ({ type }) => {
      if (type === 'cell_evicted') ended.resolve(all.session.terminate('1'))
    }
    const cell = all.session.execute(source, longYieldTime)
    await all.gate.called(1)
    await all.runOtherCell()
    expect(await ended.promise).toMatchObject({ type: 'terminated', items: [{ text: 'a' }] })
    expect((await cell).type).toBe('terminated')
  })

  test('a session can observe a cell from its eviction', async () => {
    await using all = await open()
    const observed = Promise.withResolvers<CellOutcome>()
    all.watch.onEach = ({ type }) => {
      if (type === 'cell_evicted') observed.resolve(all.session.observe('1', longYieldTime))
    }
    await all.session.execute(source, { yieldTimeMs: 0 })
    await all.gate.called(1)
    await all.runOtherCell()
    all.gate.open('answer', '1')
    expect(textsOf(await observed.promise).slice(-2)).toEqual(['answer', 'b'])
  })

  test.runIf(process.platform === 'linux')('a cell survives the death of its host during its eviction', async () => {
    await using all = await open()
    let killed = 0
    all.watch.onEach = ({ type }) => {
      if (type === 'cell_evicted') killed += ownHosts.kill()
    }
    const cell = all.session.execute(source, longYieldTime)
    await all.gate.called(1)
    await all.runOtherCell()
    expect(killed).toBeGreaterThan(0)
    expect(all.watch.count('cell_revived 1')).toBe(0)
    all.gate.open('answer', '1')
    expect(textsOf(await cell)).toEqual(['a', 'answer', 'b'])
    expect(all.gate.keys).toEqual(['1'])
  })
})

describe('a host that is full', () => {
  test('a full host runs sixty cells in turn, four at a time', async () => await runInTurn(60))

  test('a full host starts cells in the order of their requests', async () => {
    await using all = await open()
    const order: string[] = []
    all.watch.onEach = (event) => {
      if (event.type === 'cell_emitted' && event.event.type === 'started') order.push(event.cellId)
    }
    const names = Array.from({ length: 20 }, (_, n) => String(n + 1))
    await Promise.all(
      names.map((key) => all.session.execute(`await tools.gate({ key: "${key}" })`, { yieldTimeMs: 0 })),
    )
    await all.gate.called(20)
    expect(order).toEqual(names)
  })

  test('a full host never runs a cell that is terminated before its turn', async () => {
    await using all = await open()
    const spinning = all.session.execute('for (;;) text(1)', { yieldTimeMs: 0 })
    const queued = Array.from({ length: 5 }, () => all.session.execute('text("ran")', longYieldTime))
    for (const id of ['2', '4']) expect(await all.session.terminate(id)).toMatchObject({ type: 'terminated' })
    await spinning
    await all.session.terminate('1')
    expect((await Promise.all(queued)).map(({ type }) => type)).toEqual([
      'terminated',
      'completed',
      'terminated',
      'completed',
      'completed',
    ])
  })

  test.runIf(process.platform === 'linux')('running and waiting cells survive the death of a full host', async () => {
    await using all = await open()
    const cells = Array.from({ length: 12 }, (_, n) =>
      all.session.execute(`text(await tools.gate({ key: "${n}" }))`, longYieldTime),
    )
    await all.gate.called(4)
    expect(ownHosts.kill()).toBeGreaterThan(0)
    await all.gate.called(12)
    ownHosts.kill()
    for (const key of all.gate.waitingKeys) all.gate.open(key, key)
    expect((await Promise.all(cells)).map(textsOf)).toEqual(Array.from({ length: 12 }, (_, n) => [String(n)]))
    expect(all.gate.keys.toSorted()).toEqual(Array.from({ length: 12 }, (_, n) => String(n)).toSorted())
    expect(ownHosts.pids.length).toBeLessThanOrEqual(10)
  })
})

describe('options of eviction', () => {
  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'a session rejects an evictAfterMs of %s',
    async (evictAfterMs) => {
      await expect(createSession({ evictAfterMs })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    },
  )

  test.each([0, -1, 1.5, 10_001])('a pool rejects a maxCells of %s', (maxCells) => {
    expect(() => createHostPool({ maxCells })).toThrow('expected maxCells')
  })
})

test.runIf(process.platform === 'linux')('cells print and call the same in any schedule of a few steps', async () => {
  await playSchedules({ runs: 1, maxLength: 12 })
})
