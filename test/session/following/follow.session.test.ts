import { describe, expect, test } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { followed, shortOf, told } from './followers.ts'

const hosts = sharedHosts('default')
const started = { yieldTimeMs: 0 }
const patient = { yieldTimeMs: 600_000 }

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

describe('a cell that is followed', () => {
  test('tells of its output, notifications, calls and end, in the order in which they happened', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool, refuse] })
    const { cellId } = await session.execute(everything, started)
    const events = followed(session, cellId)
    await gate.called(1)
    gate.open(null, 'first')
    await gate.called(2)
    gate.open(null, 'second')
    expect(await events).toBe(
      '+tool-1 -tool-1 answered 1,2 <one> 3 <two> +tool-2 4 -tool-2 answered +tool-3 -tool-3 failed 5,6 completed',
    )
    expect(session.cells()).toEqual([])
  })

  test('emits the same events to a follower that only watches, and its output goes to its observer', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool, refuse] })
    let events = Promise.resolve('')
    const response = session.execute(everything, {
      ...patient,
      onStarted: (cellId) => (events = followed(session, cellId, { takesOutput: false })),
    })
    await gate.called(1)
    gate.open(null, 'first')
    await gate.called(2)
    gate.open(null, 'second')
    expect(textsOf(await response)).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(await events).toBe(
      '+tool-1 -tool-1 answered 1,2 <one> 3 <two> +tool-2 4 -tool-2 answered +tool-3 -tool-3 failed 5,6 completed',
    )
  })

  test('gives the whole outcome of a program that fails, without its output', async () => {
    await using session = await createSession({ hosts })
    expect(await told(session, 'text("1"); throw new Error("no")')).toEqual([
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

  test('says what the input of a call is and why it failed', async () => {
    await using session = await createSession({ hosts, tools: [refuse] })
    const events = await told(session, 'await tools.refuse({ a: [1] }).catch(() => 0)')
    expect(events.slice(0, 2)).toEqual([
      { type: 'call_started', callId: 'tool-1', tool: 'refuse', input: '{"a":[1]}' },
      { type: 'call_ended', callId: 'tool-1', tool: 'refuse', result: 'failed', errorText: 'refused' },
    ])
  })

  test('tells of a call that was made before, and of one that is cancelled by the end', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute(
      'tools.gate({ key: "never" }); await tools.gate({ key: "second" })',
      started,
    )
    await gate.called(2)
    const events = followed(session, cellId)
    gate.open(null, 'second')
    expect(await events).toBe('+tool-1 +tool-2 -tool-2 answered -tool-1 cancelled completed')
  })

  test.each([
    ['calls yield_control', 'yield_control(); text("1")', 'yielded'],
    ['waits for what never comes', 'text("1"); await new Promise(() => 0)', 'stalled'],
  ])('yields when it %s', async (_, source, expected) => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute(`await tools.gate({ key: "go" }); ${source}`, started)
    const seen: string[] = []
    for await (const event of session.follow(cellId)) {
      seen.push(shortOf(event))
      if (event.type === 'call_started') gate.open(null, 'go')
      if (event.type === 'yielded') break
    }
    expect(seen).toContain(expected)
  })

  test('says at once that it has stalled before', async () => {
    await using session = await createSession({ hosts })
    const { cellId } = await session.execute('text("1"); await new Promise(() => 0)', patient)
    for await (const event of session.follow(cellId)) {
      expect(event).toEqual({ type: 'yielded', stalled: true, waitsForHost: null })
      break
    }
  })

  test('says that a call waits for a decision', async () => {
    await using session = await createSession({
      hosts,
      approvals: { hold: true },
      tools: [{ name: 'send', needsApproval: 'ask', call: () => 'sent' }],
    })
    const { cellId } = await session.execute('text(await tools.send({}))', started)
    const seen: string[] = []
    for await (const event of session.follow(cellId)) {
      seen.push(shortOf(event))
      const [batch] = session.pendingApprovals()
      if (event.type === 'yielded' && batch !== undefined) {
        session.decide(
          batch.requests.map(({ key }) => key),
          { type: 'allow' },
        )
      }
    }
    expect(seen).toEqual(['+tool-1', 'yielded', '-tool-1 answered', 'sent', 'completed'])
  })

  test('ends for its followers when a caller terminates it and takes the output', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute('await tools.gate({})', started)
    const taker = session.follow(cellId)
    const watcher = followed(session, cellId, { takesOutput: false })
    await taker.next()
    expect(await session.terminate(cellId)).toMatchObject({ type: 'terminated', items: [] })
    expect(await taker.next()).toMatchObject({ value: { type: 'call_ended', result: 'cancelled' } })
    expect(await taker.next()).toMatchObject({ value: { type: 'ended', outcome: { type: 'terminated', items: [] } } })
    expect(await taker.next()).toEqual({ value: undefined, done: true })
    expect(await watcher).toBe('+tool-1 -tool-1 cancelled terminated')
  })
})

describe('following', () => {
  test('from the start is the only one that takes the output, and `execute` yields', async () => {
    await using session = await createSession({ hosts })
    let events = Promise.resolve('')
    const outcome = await session.execute('text("1")', {
      ...patient,
      onStarted: (cellId) => (events = followed(session, cellId)),
    })
    expect(outcome).toMatchObject({ type: 'yielded', items: [] })
    expect(await events).toBe('1 completed')
  })

  test('gives the result of a program that is over, once', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute('await tools.gate({}); text("1")', started)
    await gate.called(1)
    gate.open(null)
    await expect
      .poll(() => session.follow(cellId, { takesOutput: false }).next())
      .toMatchObject({ value: { type: 'ended' } })
    expect(await followed(session, cellId)).toBe('1 completed')
    expect(await followed(session, cellId)).toBe('missing')
    expect(await followed(session, cellId, { takesOutput: false })).toBe('missing')
  })

  test('leaves what was not asked for to the next who asks', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute(
      'text("1"); await tools.gate({ key: "a" }); text("2"); await tools.gate({ key: "b" }); text("3")',
      started,
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
    expect(textsOf(await session.observe(cellId, patient))).toEqual(['3'])
  })

  test('and observing exclude each other, and end of one makes way for the other', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute('await tools.gate({ key: "a" }); text("1")', started)
    await gate.called(1)
    const busy = { code: 'CELL_BUSY' }
    const follower = session.follow(cellId)
    await follower.next()
    await expect(session.observe(cellId)).rejects.toMatchObject(busy)
    await expect(session.follow(cellId).next()).rejects.toMatchObject(busy)
    await follower.return()
    const observation = session.observe(cellId, patient)
    await expect(session.follow(cellId).next()).rejects.toMatchObject(busy)
    gate.open(null, 'a')
    expect(textsOf(await observation)).toEqual(['1'])
  })

  test('stops at once when its signal is aborted, and the cell keeps running', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const { cellId } = await session.execute('await tools.gate({ key: "a" }); text("1")', started)
    await gate.called(1)
    const controller = new AbortController()
    const follower = session.follow(cellId, { signal: controller.signal })
    await follower.next()
    const next = follower.next()
    controller.abort(new Error('enough'))
    await expect(next).rejects.toThrow('enough')
    await expect(session.follow(cellId, { signal: controller.signal }).next()).rejects.toThrow('enough')
    gate.open(null, 'a')
    expect(textsOf(await session.observe(cellId, patient))).toEqual(['1'])
  })

  test('refuses options that there are not', async () => {
    await using session = await createSession({ hosts })
    const options = JSON.parse('{ "takeOutput": true }')
    expect(() => session.follow('1', options)).toThrow(/"takeOutput".*"takesOutput"/)
  })

  test('of a closed session is refused', async () => {
    const session = await createSession({ hosts })
    const follower = session.follow('1')
    await session.close()
    await expect(follower.next()).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    expect(() => session.follow('1')).toThrow(expect.objectContaining({ code: 'SESSION_CLOSED' }))
  })
})
