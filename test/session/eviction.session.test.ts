import { describe, expect, test } from 'vitest'
import { createHostPool, createSession, type Outcome, type Session } from '../../src/index.ts'
import { hostProcesses, signalHosts } from '../hostile/host-processes.ts'
import { ActivityWatch } from './activity-watch.ts'
import { KeyedGate } from './keyed-gate.ts'

const patient = { yieldTimeMs: 300_000 }

function texts(outcome: Outcome): string[] {
  return 'items' in outcome ? outcome.items.map((item) => (item.type === 'input_text' ? item.text : item.type)) : []
}

/** A session on one host with room for one cell: any other cell that runs puts the one that waits out. */
async function narrow({ evictAfterMs = 3_600_000 } = {}): Promise<{
  readonly session: Session
  readonly gate: KeyedGate
  readonly watch: ActivityWatch
  readonly makeWay: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}> {
  const hosts = createHostPool({ size: 1, spares: 1, maxCells: 1 })
  const gate = new KeyedGate()
  const watch = new ActivityWatch()
  const session = await createSession({ hosts, evictAfterMs, tools: [gate.tool], listeners: [watch] })
  return {
    session,
    gate,
    watch,
    makeWay: async () => expect(texts(await session.execute('text("way")', patient))).toEqual(['way']),
    async [Symbol.asyncDispose]() {
      await session.close()
      await hosts[Symbol.asyncDispose]()
    },
  }
}

describe('a cell that waits', () => {
  test('is evicted when its time is over, and goes on when its call is answered', async () => {
    await using hosts = createHostPool({ size: 1 })
    const gate = new KeyedGate()
    const watch = new ActivityWatch()
    await using session = await createSession({ hosts, evictAfterMs: 0, tools: [gate.tool], listeners: [watch] })
    const source = 'text("a"); text(await tools.gate({ key: "1" })); text(await tools.gate({ key: "2" }))'
    const cell = session.execute(source, patient)
    for (const key of ['1', '2']) {
      await watch.heard('cell_evicted', Number(key))
      gate.open(key, `answer ${key}`)
    }
    expect(texts(await cell)).toEqual(['a', 'answer 1', 'answer 2'])
    expect(gate.calls).toEqual(['1', '2'])
    expect([watch.count('cell_evicted'), watch.count('cell_revived')]).toEqual([2, 2])
  })

  test('keeps its isolate before that', async () => {
    await using hosts = createHostPool({ size: 1, maxCells: 2 })
    const gate = new KeyedGate()
    const watch = new ActivityWatch()
    await using session = await createSession({
      hosts,
      evictAfterMs: 3_600_000,
      tools: [gate.tool],
      listeners: [watch],
    })
    const cell = session.execute('text(await tools.gate({ key: "1" }))', patient)
    await gate.called(1)
    await session.execute('text(1)', patient)
    gate.open('1', 'answer')
    expect(texts(await cell)).toEqual(['answer'])
    expect(watch.count('cell_evicted')).toBe(0)
  })

  test('gives way to one that has something to do, however short it has waited', async () => {
    await using all = await narrow()
    const cell = all.session.execute('text(Math.random() < 1); text(await tools.gate({ key: "1" }))', patient)
    await all.gate.called(1)
    await all.makeWay()
    expect(all.watch.count('cell_evicted 1')).toBe(1)
    all.gate.open('1', 'answer')
    expect(texts(await cell)).toEqual(['true', 'answer'])
  })

  test('does so thirty times, and says and calls everything once', async () => {
    await using all = await narrow()
    const source = 'for (let i = 0; i < 30; i++) text([i, await tools.gate({ key: i }), Math.random() < 2])'
    const cell = all.session.execute(source, patient)
    for (let i = 0; i < 30; i++) {
      await all.gate.called(i + 1)
      await all.makeWay()
      all.gate.open(String(i), i * i)
    }
    expect(texts(await cell)).toEqual(Array.from({ length: 30 }, (_, i) => `[${i},${i * i},true]`))
    expect(all.gate.calls).toEqual(Array.from({ length: 30 }, (_, i) => String(i)))
    expect([all.watch.count('cell_evicted 1'), all.watch.count('cell_revived 1')]).toEqual([30, 30])
  }, 120_000)

  test('hears of its timers once, in order', async () => {
    await using all = await narrow()
    const source = `
      const wait = (ms, name) => new Promise((resolve) => setTimeout(() => (text(name), resolve()), ms))
      const cleared = setTimeout(() => text("never"), 60_000)
      await Promise.all([wait(1500, "third"), wait(900, "first"), tools.gate({ key: "1" }).then(() => clearTimeout(cleared)), wait(1200, "second")])
      text("end")`
    const cell = all.session.execute(source, patient)
    await all.gate.called(1)
    await all.makeWay()
    all.gate.open('1', null)
    await all.watch.heard('cell_revived 1', 1)
    await all.makeWay()
    expect(texts(await cell)).toEqual(['first', 'second', 'third', 'end'])
    expect(all.watch.count('cell_evicted 1')).toBeGreaterThan(0)
  })

  test('takes twenty answers in any order, between evictions', async () => {
    await using all = await narrow()
    const source = `
      const calls = Array.from({ length: 20 }, (_, key) => tools.gate({ key }).then((value) => (text(value), value)))
      text((await Promise.all(calls)).join())`
    const cell = all.session.execute(source, patient)
    await all.gate.called(20)
    const order = Array.from({ length: 20 }, (_, key) => (key * 7 + 3) % 20)
    for (const key of order) {
      await all.makeWay()
      all.gate.open(String(key), key)
      await all.watch.heard('cell_given 1', order.indexOf(key) + 1)
    }
    const sorted = Array.from({ length: 20 }, (_, key) => key)
    expect(texts(await cell)).toEqual([...order.map(String), sorted.join()])
    expect(all.gate.calls).toEqual(sorted.map(String))
  })

  test('gives its output to whoever observes it meanwhile', async () => {
    await using all = await narrow()
    await all.session.execute('text("a"); yield_control(); text(await tools.gate({ key: "1" }))', patient)
    await all.gate.called(1)
    await all.makeWay()
    expect(await all.session.observe('1', { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded', items: [] })
    const observed = all.session.observe('1', patient)
    all.gate.open('1', 'answer')
    expect(texts(await observed)).toEqual(['answer'])
  })

  test('reads the kept output that it read before', async () => {
    await using all = await narrow()
    all.session.keepOutput('1', 'first', { isCut: true, isLast: true })
    const source = 'text(load("output:1")); await tools.gate({ key: "1" }); text(load("output:1"))'
    const cell = all.session.execute(source, patient)
    await all.gate.called(1)
    await all.makeWay()
    all.session.keepOutput('1', 'other', { isCut: true, isLast: true })
    all.gate.open('1', null)
    const [before, after] = texts(await cell)
    expect(before).toBe(after)
  })

  test('is terminated without being woken', async () => {
    await using all = await narrow()
    const cell = all.session.execute('text("a"); await tools.gate({ key: "1" })', patient)
    await all.gate.called(1)
    await all.makeWay()
    expect(await all.session.terminate('1')).toMatchObject({ type: 'terminated', items: [{ text: 'a' }] })
    expect((await cell).type).toBe('terminated')
    expect(all.watch.count('cell_revived')).toBe(0)
  })

  test('is stalled as before when nothing will ever wake it', async () => {
    await using all = await narrow()
    expect(await all.session.execute('await new Promise(() => {})', patient)).toMatchObject({ stalled: true })
    await all.makeWay()
    expect(all.watch.count('cell_evicted 1')).toBe(1)
    expect(await all.session.observe('1', patient)).toMatchObject({ type: 'yielded', stalled: true })
  })
})

test('a cell that works is not evicted: the other one waits', async () => {
  await using all = await narrow({ evictAfterMs: 0 })
  const worker = all.session.execute('for (let n = 0; n < 3e7; n++); text("worked")', patient)
  await all.makeWay()
  expect(texts(await worker)).toEqual(['worked'])
  expect(all.watch.count('cell_evicted')).toBe(0)
})

describe('at the moment of an eviction', () => {
  const source = 'text("a"); text(await tools.gate({ key: "1" })); text("b")'

  test('the answer comes', async () => {
    await using all = await narrow()
    all.watch.onHear = ({ type }) => {
      if (type === 'cell_evicted') all.gate.open('1', 'answer')
    }
    const cell = all.session.execute(source, patient)
    await all.gate.called(1)
    await all.makeWay()
    expect(texts(await cell)).toEqual(['a', 'answer', 'b'])
    expect(all.gate.calls).toEqual(['1'])
  })

  test('the cell is terminated', async () => {
    await using all = await narrow()
    const ended = Promise.withResolvers<Outcome>()
    all.watch.onHear = ({ type }) => {
      if (type === 'cell_evicted') ended.resolve(all.session.terminate('1'))
    }
    const cell = all.session.execute(source, patient)
    await all.gate.called(1)
    await all.makeWay()
    expect(await ended.promise).toMatchObject({ type: 'terminated', items: [{ text: 'a' }] })
    expect((await cell).type).toBe('terminated')
  })

  test('somebody begins to observe it', async () => {
    await using all = await narrow()
    const observed = Promise.withResolvers<Outcome>()
    all.watch.onHear = ({ type }) => {
      if (type === 'cell_evicted') observed.resolve(all.session.observe('1', patient))
    }
    await all.session.execute(source, { yieldTimeMs: 0 })
    await all.gate.called(1)
    await all.makeWay()
    all.gate.open('1', 'answer')
    expect(texts(await observed.promise).slice(-2)).toEqual(['answer', 'b'])
  })

  test.runIf(process.platform === 'linux')('its host is killed', async () => {
    await using all = await narrow()
    let killed = 0
    all.watch.onHear = ({ type }) => {
      if (type === 'cell_evicted') killed += signalHosts('SIGKILL')
    }
    const cell = all.session.execute(source, patient)
    await all.gate.called(1)
    await all.makeWay()
    expect(killed).toBe(1)
    expect(all.watch.count('cell_revived 1')).toBe(0)
    all.gate.open('1', 'answer')
    expect(texts(await cell)).toEqual(['a', 'answer', 'b'])
    expect(all.gate.calls).toEqual(['1'])
  })
})

describe('a host that is full', () => {
  test('takes three hundred cells in turn, four at a time', async () => {
    await using hosts = createHostPool({ size: 1, spares: 4, maxCells: 4 })
    const gate = new KeyedGate()
    await using session = await createSession({ hosts, tools: [gate.tool], limits: { cells: 300 } })
    const cells = Array.from({ length: 300 }, (_, n) =>
      session.execute(`text(await tools.gate({ key: "${n}a" })); text(await tools.gate({ key: "${n}b" }))`, patient),
    )
    await gate.called(300)
    expect(gate.waiting).toHaveLength(300)
    for (const key of gate.waiting.toReversed()) gate.open(key, key)
    await gate.called(600)
    for (const key of gate.waiting.toReversed()) gate.open(key, key)
    const outcomes = await Promise.all(cells)
    expect(outcomes.map(texts)).toEqual(Array.from({ length: 300 }, (_, n) => [`${n}a`, `${n}b`]))
    expect(new Set(gate.calls).size).toBe(600)
    expect(gate.calls).toHaveLength(600)
  }, 180_000)

  test('takes those first that came first', async () => {
    await using all = await narrow()
    const order: string[] = []
    all.watch.onHear = (activity) => {
      if (activity.type === 'cell_emitted' && activity.event.type === 'started') order.push(activity.cellId)
    }
    const names = Array.from({ length: 20 }, (_, n) => String(n + 1))
    await Promise.all(
      names.map((key) => all.session.execute(`await tools.gate({ key: "${key}" })`, { yieldTimeMs: 0 })),
    )
    await all.gate.called(20)
    expect(order).toEqual(names)
  })

  test('lets go of cells that are terminated before it was their turn', async () => {
    await using all = await narrow()
    const spinning = all.session.execute('for (;;) text(1)', { yieldTimeMs: 0 })
    const queued = Array.from({ length: 5 }, () => all.session.execute('text("ran")', patient))
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

  test.runIf(process.platform === 'linux')('dies, and those that waited on it and for it go on', async () => {
    await using all = await narrow()
    const cells = Array.from({ length: 12 }, (_, n) =>
      all.session.execute(`text(await tools.gate({ key: "${n}" }))`, patient),
    )
    await all.gate.called(4)
    expect(signalHosts('SIGKILL')).toBe(1)
    await all.gate.called(12)
    signalHosts('SIGKILL')
    for (const key of all.gate.waiting) all.gate.open(key, key)
    expect((await Promise.all(cells)).map(texts)).toEqual(Array.from({ length: 12 }, (_, n) => [String(n)]))
    expect(all.gate.calls.toSorted()).toEqual(Array.from({ length: 12 }, (_, n) => String(n)).toSorted())
    expect(hostProcesses().length).toBeLessThanOrEqual(10)
  })
})

describe('options that cannot be', () => {
  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('evictAfterMs %s', async (evictAfterMs) => {
    await expect(createSession({ evictAfterMs })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test.each([0, -1, 1.5, 10_001])('maxCells %s', (maxCells) => {
    expect(() => createHostPool({ maxCells })).toThrow('cells')
  })
})
