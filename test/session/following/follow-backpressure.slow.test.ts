import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createSession, type FollowEvent } from '../../../src/index.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { EventWatch } from './event-watch.ts'
import { followCell, lengthOf, settledCount, shortOf } from './followers.ts'

const hosts = sharedHosts('default')
const noYieldTime = { yieldTimeMs: 0 }
const longYieldTime = { yieldTimeMs: 600_000 }

describe('backpressure', () => {
  const chatty = `
    for (let n = 0; n < 40; n++) {
      await tools.count({})
      text(String(n).padEnd(100_000, '.'))
    }`

  test.each([true, false])(
    'a cell waits for a follower that does not request events (takesOutput: %s)',
    async (takesOutput) => {
      let calls = 0
      await using session = await createSession({ hosts, tools: [{ name: 'count', call: () => ++calls }] })
      const { cellId } = await session.execute(`${chatty}\ntext('end')`, noYieldTime)
      const follower = session.follow(cellId, { takesOutput })
      await follower.next()
      const stopped = await settledCount(session, () => calls)
      expect(stopped).toBeGreaterThan(8)
      expect(stopped).toBeLessThan(25)
      const seen: FollowEvent[] = []
      for await (const event of follower) seen.push(event)
      expect(calls).toBe(40)
      const numbers = seen.flatMap((event) =>
        event.type === 'output' ? textsOf(event).map((text) => text.replace(/\.+$/, '')) : [],
      )
      expect(numbers.slice(-3)).toEqual(['38', '39', 'end'])
      expect(seen.at(-1)).toMatchObject({ type: 'ended', outcome: { type: 'completed' } })
    },
  )

  test('a followed cell can print more than its limit of unread output', async () => {
    let calls = 0
    await using session = await createSession({
      hosts,
      tools: [{ name: 'count', call: () => ++calls }],
      limits: { maxUnreadOutputBytesPerCell: 2_500_000 },
    })
    const { cellId, ...first } = await session.execute(chatty, noYieldTime)
    let bytes = lengthOf(first)
    for await (const event of session.follow(cellId)) {
      if (event.type === 'output') bytes += lengthOf(event)
      if (event.type === 'ended') expect(event.outcome.type).toBe('completed')
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(bytes).toBe(4_000_000)
  })

  test('an evicted cell waits for its follower and then resumes', async () => {
    let calls = 0
    const watch = new EventWatch()
    await using session = await createSession({
      hosts,
      evictAfterMs: 0,
      listeners: [watch],
      tools: [{ name: 'count', call: () => ++calls }],
    })
    const { cellId } = await session.execute(chatty, noYieldTime)
    const follower = session.follow(cellId)
    await follower.next()
    await expect.poll(() => calls).toBeGreaterThan(8)
    await watch.waitFor(`cell_evicted ${cellId}`, 1)
    let bytes = 0
    for await (const event of follower) if (event.type === 'output') bytes += lengthOf(event)
    expect(calls).toBe(40)
    expect(bytes).toBeGreaterThanOrEqual(3_700_000)
  })

  test('a follower that only watches fails when it requests no events while a program prints without waiting', async () => {
    const gate = new Gate()
    await using session = await createSession({
      hosts,
      tools: [gate.tool],
      overflow: 'cut',
      limits: { maxUnreadOutputBytesPerCell: 1000 },
    })
    const { cellId } = await session.execute(
      'await tools.gate({}); for (let n = 0; n < 100; n++) text("")',
      noYieldTime,
    )
    const follower = session.follow(cellId, { takesOutput: false })
    await follower.next()
    gate.open(null)
    expect(await session.observe(cellId, longYieldTime)).toMatchObject({ type: 'completed' })
    await expect(follower.next()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  test('a cell waits for its follower before its output exceeds a small limit', async () => {
    await using session = await createSession({
      hosts,
      tools: [{ name: 'count', call: () => 1 }],
      limits: { maxUnreadOutputBytesPerCell: 2000 },
    })
    const source = 'for (let n = 0; n < 50; n++) { await tools.count({}); text("x".repeat(100)) }'
    let bytes = 0
    const events: string[] = []
    const follow = async (cellId: string): Promise<void> => {
      for await (const event of session.follow(cellId)) {
        if (event.type === 'output') bytes += lengthOf(event)
        if (event.type === 'ended') events.push(event.outcome.type)
        await session.execute('await 0', { yieldTimeMs: 600_000 })
      }
    }
    let end = Promise.resolve()
    await session.execute(source, { onStarted: (cellId) => (end = follow(cellId)) })
    await end
    expect([bytes, events]).toEqual([5000, ['completed']])
  })

  test('a cell keeps a notification until its follower requests it', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute('await tools.gate({}); notify("one"); notify("two")', noYieldTime)
    const follower = session.follow(cellId)
    await follower.next()
    gate.open(null)
    await follower.next()
    expect(await follower.next()).toMatchObject({ value: { type: 'notification', text: 'one' } })
    // A cell ends only after it has delivered its notifications.
    await session.execute('await new Promise((resolve) => setTimeout(resolve, 20))', longYieldTime)
    expect(session.cells()).toEqual([cellId])
    await follower.return()
    expect(await session.observe(cellId, longYieldTime)).toMatchObject({ type: 'completed' })
  })
})

describe('a followed durable cell', () => {
  test('a follower in the next process receives the remaining events', async () => {
    const durable = newFolder()
    const gate = new Gate()
    const tools = [{ ...gate.tool, idempotent: true }]
    const source = `text('1'); await tools.gate({ key: 'a' }); text('2'); notify('n'); await tools.gate({ key: 'b' }); text('3')`
    let cellId: string
    {
      await using session = await createSession({ storage: durable, sessionId: 's', hosts, tools })
      cellId = (await session.execute(source, noYieldTime)).cellId
      const follower = session.follow(cellId)
      await follower.next()
      await gate.called(1)
      gate.open(null, 'a')
      await gate.called(2)
      const rest = (async () => {
        const seen: string[] = []
        for await (const event of follower) {
          seen.push(shortOf(event))
          if (seen.includes('2')) await session.close()
        }
      })()
      await expect(rest).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    }
    await using session = await createSession({ storage: durable, sessionId: 's', hosts, tools })
    const events = followCell(session, cellId)
    await gate.called(3)
    gate.open(null, 'b')
    gate.open(null, 'b')
    expect(await events).toBe('<n> +tool-2 -tool-2 succeeded 3 completed')
  })

  test('a follower throws SESSION_LOST when another process opens the session', async () => {
    const durable = newFolder()
    const gate = new Gate()
    await using first = await createSession({ storage: durable, sessionId: 's', hosts, tools: [gate.tool] })
    const { cellId } = await first.execute('await tools.gate({})', noYieldTime)
    await gate.called(1)
    const rest = followCell(first, cellId)
    rmSync(join(durable, 's', 'lease.db'))
    await using second = await createSession({ storage: durable, sessionId: 's', hosts, tools: [gate.tool] })
    await expect(rest).rejects.toMatchObject({ code: 'SESSION_LOST' })
    expect(second.cells()).toEqual([cellId])
  })

  test('a session writes nothing while its cell emits nothing', async () => {
    const durable = newFolder()
    const gate = new Gate()
    await using session = await createSession({ storage: durable, sessionId: 's', hosts, tools: [gate.tool] })
    const { cellId } = await session.execute('await tools.gate({ key: "a" }); text("1")', noYieldTime)
    await gate.called(1)
    const events = followCell(session, cellId)
    const folder = join(durable, 's')
    const state = (): readonly unknown[] =>
      ['session.db-wal', join('cells', `${cellId}.jsonl`)].map((name) => {
        const { size, mtimeMs } = statSync(join(folder, name))
        return [name, size, mtimeMs]
      })
    await expect.poll(() => session.ledger(cellId).map(({ state: of }) => of)).toEqual(['started'])
    const before = state()
    // Waits because a follower that polls the cell would write during this time.
    await pause(300)
    expect(state()).toEqual(before)
    gate.open(null, 'a')
    expect(await events).toBe('+tool-1 -tool-1 succeeded 1 completed')
  })
})
