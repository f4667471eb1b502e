import { describe, expect, test } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { TextWatch } from '../barriers/gated-session.ts'
import { textsOf } from '../../support/texts.ts'
import { followCell, shortOf, followFromStart } from './followers.ts'

const hosts = sharedHosts('default')
const noYieldTime = { yieldTimeMs: 0 }
const longYieldTime = { yieldTimeMs: 600_000 }

const everything = `
  await tools.gate({ key: 'first' })
  text('1'); text('2')
  notify('one')
  text('3')
  notify('two')
  const call = tools.gate({ key: 'second' })
  text('4')
  await call
  await tools.refuse({}).catch(() => text('5'))
  text('6')`

const refuse = { name: 'refuse', call: () => Promise.reject(new Error('refused')) }

describe('a followed cell', () => {
  test('a follower receives output, notifications, calls and the end in the order in which they occur', async () => {
    const gate = new Gate()
    const texts = new TextWatch()
    await using session = await createSession({ hosts, tools: [gate.tool, refuse], listeners: [texts] })
    const { cellId } = await session.execute(everything, noYieldTime)
    const events = followCell(session, cellId)
    await gate.called(1)
    gate.open(null, 'first')
    await Promise.all([gate.called(2), texts.printed(4)])
    gate.open(null, 'second')
    expect(await events).toBe(
      '+tool-1 -tool-1 succeeded 1,2 <one> 3 <two> +tool-2 4 -tool-2 succeeded +tool-3 -tool-3 failed 5,6 completed',
    )
    expect(session.cells()).toEqual([])
  })

  test('a follower that only watches receives the same events, and an observer receives the output', async () => {
    const gate = new Gate()
    const texts = new TextWatch()
    await using session = await createSession({ hosts, tools: [gate.tool, refuse], listeners: [texts] })
    let events = Promise.resolve('')
    const response = session.execute(everything, {
      ...longYieldTime,
      onStarted: (cellId) => (events = followCell(session, cellId, { takesOutput: false })),
    })
    await gate.called(1)
    gate.open(null, 'first')
    await Promise.all([gate.called(2), texts.printed(4)])
    gate.open(null, 'second')
    expect(textsOf(await response)).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(await events).toBe(
      '+tool-1 -tool-1 succeeded 1,2 <one> 3 <two> +tool-2 4 -tool-2 succeeded +tool-3 -tool-3 failed 5,6 completed',
    )
  })

  test('a follower receives the outcome of a program that fails, without its output', async () => {
    await using session = await createSession({ hosts })
    expect(await followFromStart(session, 'text("1"); throw new Error("no")')).toEqual([
      { type: 'output', items: [{ type: 'input_text', text: '1' }] },
      {
        type: 'ended',
        outcome: {
          type: 'failed',
          cellId: '1',
          items: [],
          errorText: expect.stringContaining('Error: no'),
          limit: null,
          durationMs: expect.any(Number),
        },
      },
    ])
  })

  test('the events of a call contain its input and the reason of its failure', async () => {
    await using session = await createSession({ hosts, tools: [refuse] })
    const events = await followFromStart(session, 'await tools.refuse({ a: [1] }).catch(() => 0)')
    expect(events.slice(0, 2)).toEqual([
      { type: 'call_started', callId: 'tool-1', tool: 'refuse', input: '{"a":[1]}' },
      { type: 'call_ended', callId: 'tool-1', tool: 'refuse', result: 'failed', errorText: 'refused' },
    ])
  })

  test('a follower receives calls that started earlier, and calls that the end of the cell cancels', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute(
      'tools.gate({ key: "never" }); await tools.gate({ key: "second" })',
      noYieldTime,
    )
    await gate.called(2)
    const events = followCell(session, cellId)
    gate.open(null, 'second')
    expect(await events).toBe('+tool-1 +tool-2 -tool-2 succeeded -tool-1 cancelled completed')
  })

  test.each([
    ['calls yield_control', 'yield_control(); text("1")', 'yielded'],
    ['awaits a promise that never settles', 'text("1"); await new Promise(() => 0)', 'stalled'],
  ])('a follower receives a yielded event when the program %s', async (_, source, expected) => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute(`await tools.gate({ key: "go" }); ${source}`, noYieldTime)
    const seen: string[] = []
    for await (const event of session.follow(cellId)) {
      seen.push(shortOf(event))
      if (event.type === 'call_started') gate.open(null, 'go')
      if (event.type === 'yielded') break
    }
    expect(seen).toContain(expected)
  })

  test('a follower of a stalled cell first receives that it is stalled', async () => {
    await using session = await createSession({ hosts })
    const { cellId } = await session.execute('text("1"); await new Promise(() => 0)', longYieldTime)
    for await (const event of session.follow(cellId)) {
      expect(event).toEqual({ type: 'yielded', stalled: true, waitsForHost: null })
      break
    }
  })

  test('a follower receives a yielded event when a call waits for a decision', async () => {
    await using session = await createSession({
      hosts,
      approvals: { hold: true },
      tools: [{ name: 'send', needsApproval: 'ask', call: () => 'sent' }],
    })
    const { cellId } = await session.execute('text(await tools.send({}))', noYieldTime)
    const seen: string[] = []
    for await (const event of session.follow(cellId)) {
      seen.push(shortOf(event))
      const [batch] = session.pendingApprovals()
      if (event.type === 'yielded' && batch !== undefined) {
        await session.decide(
          batch.requests.map(({ key }) => key),
          { type: 'allow' },
        )
      }
    }
    expect(seen).toEqual(['+tool-1', 'yielded', '-tool-1 succeeded', 'sent', 'completed'])
  })

  test('terminate() ends all followers, and its caller receives the output', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute('await tools.gate({})', noYieldTime)
    const taker = session.follow(cellId)
    const watcher = followCell(session, cellId, { takesOutput: false })
    await taker.next()
    expect(await session.terminate(cellId)).toMatchObject({ type: 'terminated', items: [] })
    expect(await taker.next()).toMatchObject({ value: { type: 'call_ended', result: 'cancelled' } })
    expect(await taker.next()).toMatchObject({ value: { type: 'ended', outcome: { type: 'terminated', items: [] } } })
    expect(await taker.next()).toEqual({ value: undefined, done: true })
    expect(await watcher).toBe('+tool-1 -tool-1 cancelled terminated')
  })
})

describe('following', () => {
  test('a follower from the start takes the output, and execute() returns a yielded outcome', async () => {
    await using session = await createSession({ hosts })
    let events = Promise.resolve('')
    const outcome = await session.execute('text("1")', {
      ...longYieldTime,
      onStarted: (cellId) => (events = followCell(session, cellId)),
    })
    expect(outcome).toMatchObject({ type: 'yielded', items: [] })
    expect(await events).toBe('1 completed')
  })

  test('a follower that takes output receives the end of a completed program once', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute('await tools.gate({}); text("1")', noYieldTime)
    await gate.called(1)
    gate.open(null)
    await expect
      .poll(() => session.follow(cellId, { takesOutput: false }).next())
      .toMatchObject({ value: { type: 'ended' } })
    expect(await followCell(session, cellId)).toBe('1 completed')
    expect(await followCell(session, cellId)).toBe('missing')
    expect(await followCell(session, cellId, { takesOutput: false })).toBe('missing')
  })

  test('a follower leaves the events that it does not request to the next caller', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute(
      'text("1"); await tools.gate({ key: "a" }); text("2"); await tools.gate({ key: "b" }); text("3")',
      noYieldTime,
    )
    for await (const event of session.follow(cellId)) {
      if (event.type === 'call_started') break
    }
    gate.open(null, 'a')
    await gate.called(2)
    for await (const event of session.follow(cellId)) {
      expect(shortOf(event)).toBe('2')
      break
    }
    gate.open(null, 'b')
    expect(textsOf(await session.observe(cellId, longYieldTime))).toEqual(['3'])
  })

  test('a cell has one follower or observer at a time, and accepts the next when that ends', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute('await tools.gate({ key: "a" }); text("1")', noYieldTime)
    await gate.called(1)
    const busy = { code: 'CELL_BUSY' }
    const follower = session.follow(cellId)
    await follower.next()
    await expect(session.observe(cellId)).rejects.toMatchObject(busy)
    await expect(session.follow(cellId).next()).rejects.toMatchObject(busy)
    await follower.return()
    const observation = session.observe(cellId, longYieldTime)
    await expect(session.follow(cellId).next()).rejects.toMatchObject(busy)
    gate.open(null, 'a')
    expect(textsOf(await observation)).toEqual(['1'])
  })

  test('a follower stops at once when its signal aborts, and the cell continues', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute('await tools.gate({ key: "a" }); text("1")', noYieldTime)
    await gate.called(1)
    const controller = new AbortController()
    const follower = session.follow(cellId, { signal: controller.signal })
    await follower.next()
    const next = follower.next()
    controller.abort(new Error('enough'))
    await expect(next).rejects.toThrow('enough')
    await expect(session.follow(cellId, { signal: controller.signal }).next()).rejects.toThrow('enough')
    gate.open(null, 'a')
    expect(textsOf(await session.observe(cellId, longYieldTime))).toEqual(['1'])
  })

  test('follow() rejects unknown options', async () => {
    await using session = await createSession({ hosts })
    const options = JSON.parse('{ "takeOutput": true }')
    expect(() => session.follow('1', options)).toThrow(/"takeOutput".*"takesOutput"/)
  })

  test('a closed session rejects its followers', async () => {
    const session = await createSession({ hosts })
    const follower = session.follow('1')
    await session.close()
    await expect(follower.next()).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    expect(() => session.follow('1')).toThrow(expect.objectContaining({ code: 'SESSION_CLOSED' }))
  })
})
