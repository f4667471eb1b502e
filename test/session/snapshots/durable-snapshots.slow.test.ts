import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Tool } from '../../../src/index.ts'
import { newFolder } from '../../support/folder.ts'
import { textsOf } from '../../support/texts.ts'
import { begin, finish } from './counting-cell.ts'
import { expected, longYieldTime, soon, source } from './counting-program.ts'
import { Opening } from './durable-trial.ts'

const locations = [
  ['a folder', () => newFolder()],
  ['a shared store', () => `sqlite:${join(newFolder(), 'store.db')}`],
] as const

describe.each(locations)('a cell of a session in %s', (_, newLocation) => {
  test('resumes from a snapshot after its session was closed', async () => {
    const location = newLocation()
    await begin(location)
    await using second = await Opening.at(location)
    expect(await finish(second)).toEqual({ restores: 1, warnings: [] })
    expect(second.sentCommands).toBe(2)
    expect(second.session.ledger('1').map(({ state }) => state)).toEqual(Array(402).fill('applied'))
    expect(textsOf(await second.session.execute('text(load("sum"))', longYieldTime))).toEqual(['800'])
  })

  test('resumes from the snapshot of an eviction', async () => {
    const location = newLocation()
    {
      await using first = await Opening.at(location)
      await first.session.execute(source, soon)
      await first.gate.called(1)
      expect(textsOf(await first.session.execute('text("way")', longYieldTime))).toEqual(['way'])
      expect(first.hosts.typesOf('snapshot')).toEqual(['snapshot'])
    }
    await using second = await Opening.at(location)
    expect(await finish(second)).toEqual({ restores: 1, warnings: [] })
  })

  test('is replayed for listeners, which have not received its events', async () => {
    const location = newLocation()
    await begin(location)
    const types: string[] = []
    const listeners = [{ onEvent: ({ type }: { readonly type: string }) => void types.push(type) }]
    await using second = await Opening.at(location, { listeners })
    expect(await finish(second)).toEqual({ restores: 0, warnings: [] })
    expect(types.filter((type) => type === 'nested_call_started')).toHaveLength(402)
  })

  test('keeps its timers, output and pending yield', async () => {
    const location = newLocation()
    const late = `
      for (let i = 0; i < 400; i++) await tools.count({ i })
      text("unread")
      setTimeout(() => text("never"), 3_600_000)
      yield_control()
      text("later")
      setTimeout(() => text("soon"), 50)
      notify("told")
      const order = await Promise.race([tools.gate({ key: "a" }), tools.gate({ key: "b" })])
      text(order)
      exit()`
    {
      await using first = await Opening.at(location)
      await first.session.execute(late, soon)
      await first.gate.called(2)
      await first.untilIdle()
    }
    await using second = await Opening.at(location)
    expect(textsOf(await second.session.observe('1', longYieldTime))).toEqual(['unread', 'later'])
    await second.gate.called(2)
    second.gate.open('b wins', 'b')
    const rest = textsOf(await second.session.observe('1', longYieldTime))
    expect(rest.at(-1)).toBe('b wins')
    expect(second.hosts.typesOf('restore')).toEqual(['restore'])
    expect(rest.filter((text) => text === 'soon').length).toBeLessThan(2)
  })

  test('keeps its pending approvals, deferred calls and timers', async () => {
    const location = newLocation()
    const made: string[] = []
    const tools: readonly Tool[] = [
      { name: 'count', call: () => 2 },
      { name: 'send', needsApproval: 'ask', call: (input) => made.push(JSON.stringify(input)) },
      { name: 'review', call: (_input, context) => (made.push('review'), context.defer({ note: 'later' })) },
    ]
    const waiting = `
      for (let i = 0; i < 400; i++) await tools.count({ i })
      setTimeout(() => 0, 3_600_000)
      const [sent, reviewed] = await Promise.all([tools.send({ n: 1 }), tools.review({})])
      text([sent, reviewed])
      exit()`
    const options = { tools, approvals: { hold: true } }
    {
      await using first = await Opening.at(location, options)
      await first.session.execute(waiting, soon)
      await expect.poll(() => first.session.pendingApprovals()).toHaveLength(1)
      await expect.poll(() => first.session.ledger('1').at(-1)?.state).toBe('deferred')
      await first.untilIdle()
    }
    await using second = await Opening.at(location, options)
    await expect.poll(() => second.hosts.typesOf('restore')).toEqual(['restore'])
    const { session } = second
    const entries = session.ledger('1')
    expect(entries.slice(-2).map(({ state }) => state)).toEqual(['not_started', 'deferred'])
    expect(made).toEqual(['review'])
    await session.decide(entries.at(-2)?.key ?? '', { type: 'allow' })
    await session.provideResult(entries.at(-1)?.key ?? '', { result: 'good' })
    expect(textsOf(await session.observe('1', longYieldTime)).at(-1)).toBe('[2,"good"]')
    expect(made).toEqual(['review', '{"n":1}'])
    expect(second.hosts.typesOf('restore', 'not_restored')).toEqual(['restore'])
  })

  test('keeps output that has a maximum size, and is replayed after some of it was omitted', async () => {
    for (const [chars, restores] of [
      [1000, 1],
      [300_000, 0],
    ] as const) {
      const location = newLocation()
      const loud = `
        for (let i = 0; i < 400; i++) await tools.count({ i })
        for (let i = 0; i < 5; i++) text(String(i).repeat(${chars}))
        text(await tools.gate({ key: "a" }))`
      {
        await using first = await Opening.at(location, { overflow: 'cut' })
        await first.session.execute(loud, soon)
        await first.gate.called(1)
        await first.untilIdle()
      }
      await using second = await Opening.at(location, { overflow: 'cut' })
      await second.gate.called(1)
      second.gate.open('answer')
      const texts = textsOf(await second.session.observe('1', longYieldTime))
      expect([texts[0]?.slice(0, 4), texts.at(-1)?.slice(-6)]).toEqual(['0000', 'answer'])
      expect(second.hosts.typesOf('restore')).toHaveLength(restores)
    }
  })

  test('delivers each notification before its snapshot once', async () => {
    const location = newLocation()
    const texts: string[] = []
    const options = { onNotification: ({ text }: { readonly text: string }) => void texts.push(text) }
    const telling = `
      for (let i = 0; i < 400; i++) { await tools.count({ i }); if (i % 100 === 0) notify("at " + i) }
      await tools.gate({ key: "a" })
      notify("end")`
    {
      await using first = await Opening.at(location, options)
      await first.session.execute(telling, soon)
      await first.gate.called(1)
      await first.untilIdle()
      await expect.poll(() => texts).toHaveLength(4)
    }
    await using second = await Opening.at(location, options)
    await second.gate.called(1)
    second.gate.open(null)
    await second.session.observe('1', longYieldTime)
    expect(second.hosts.typesOf('restore')).toEqual(['restore'])
    expect(texts).toEqual(['at 0', 'at 100', 'at 200', 'at 300', 'end'])
  })

  test('resumes with types in its source', async () => {
    const location = newLocation()
    const typed = `
      type Name = { readonly key: string }
      for (let i: number = 0; i < 400; i++) await tools.count({ i })
      const name: Name = { key: "a" }
      text(await tools.gate(name))`
    {
      await using first = await Opening.at(location)
      await first.session.execute(typed, soon)
      await first.gate.called(1)
      await first.untilIdle()
    }
    await using second = await Opening.at(location)
    await second.gate.called(1)
    second.gate.open('answer')
    expect(textsOf(await second.session.observe('1', longYieldTime))).toEqual(['answer'])
    expect(second.hosts.typesOf('restore')).toEqual(['restore'])
  })
})

describe('the snapshot of a cell in a folder', () => {
  const at = (location: string, ...path: string[]): string => join(location, 's', ...path)
  const fileOf = (location: string): string => at(location, 'cells', '1.snapshot')

  test('is readable by its owner only, and removed with the end of its cell', async () => {
    const location = newFolder()
    await begin(location)
    if (process.platform !== 'win32') {
      expect(statSync(fileOf(location)).mode & 0o77).toBe(0)
      expect(statSync(at(location, 'snapshots.key')).mode & 0o77).toBe(0)
    }
    await using second = await Opening.at(location)
    await finish(second)
    expect(readdirSync(at(location, 'cells'))).toEqual([])
  })

  const changes: Readonly<Record<string, (location: string) => void>> = {
    'one bit is changed': (location) => {
      const bytes = readFileSync(fileOf(location))
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
      writeFileSync(fileOf(location), bytes)
    },
    'it is cut': (location) => writeFileSync(fileOf(location), readFileSync(fileOf(location)).subarray(0, -1)),
    'it is empty': (location) => writeFileSync(fileOf(location), ''),
    'it is too large': (location) => writeFileSync(fileOf(location), Buffer.alloc(33 * 1024 * 1024)),
    'it is a folder': (location) => {
      rmSync(fileOf(location))
      mkdirSync(fileOf(location))
    },
    'the key is lost': (location) => rmSync(at(location, 'snapshots.key')),
    'the key is cut': (location) => writeFileSync(at(location, 'snapshots.key'), 'short'),
    'the key is another one': (location) => writeFileSync(at(location, 'snapshots.key'), Buffer.alloc(32)),
  }

  test.each(Object.entries(changes))('is ignored with a warning when %s', async (_, change) => {
    const location = newFolder()
    await begin(location)
    change(location)
    await using second = await Opening.at(location)
    const { restores, warnings } = await finish(second)
    expect(restores).toBe(0)
    expect(warnings).toEqual([{ type: 'snapshot_ignored', cellId: '1', reason: expect.stringMatching(/^Cannot /) }])
  })

  test('is not missed', async () => {
    const location = newFolder()
    await begin(location)
    rmSync(fileOf(location))
    await using second = await Opening.at(location)
    expect(await finish(second)).toEqual({ restores: 0, warnings: [] })
  })

  test('is removed when it is unfinished, or of a cell that does not run', async () => {
    const location = newFolder()
    await begin(location)
    for (const name of ['1.snapshot.new', '2.snapshot', '7.snapshot.new'])
      writeFileSync(at(location, 'cells', name), 'x')
    await using second = await Opening.at(location)
    expect(readdirSync(at(location, 'cells')).toSorted()).toEqual(['1.jsonl', '1.snapshot'])
    expect(await finish(second)).toEqual({ restores: 1, warnings: [] })
  })

  test('of a program that waited before is used with the commands after it', async () => {
    const location = newFolder()
    await begin(location)
    {
      await using second = await Opening.at(location)
      await second.gate.called(1)
      second.gate.open('answer')
      await second.gate.called(2)
      // Ten commands later would be too few for another snapshot.
      expect(existsSync(fileOf(location))).toBe(true)
    }
    await using third = await Opening.at(location)
    await third.gate.called(1)
    third.gate.open('second')
    expect(textsOf(await third.session.observe('1', longYieldTime))).toEqual(expected)
    expect(third.hosts.typesOf('restore')).toEqual(['restore'])
    expect(third.sentCommands).toBe(2)
  })
})
