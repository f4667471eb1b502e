import { describe, expect, test } from 'vitest'
import { createSession, type CellOutcome, type Tool } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'
import { keysOf } from './effects.ts'
import { openGated, quiet, storageFailed, TextWatch, type GatedSession } from './gated-session.ts'

const endless = 'await new Promise((resolve) => setTimeout(resolve, 3_600_000))'

/** A program that prints the result of a call, or its error without the key. */
const sending = `try { text(await tools.send({})) } catch (error) { text(String(error).replace(/ \\(key.*/, '')) }`

function sender(more: Partial<Tool> = {}): { readonly tools: readonly Tool[]; readonly calls: unknown[] } {
  const calls: unknown[] = []
  return { tools: [{ name: 'send', call: (input) => (calls.push(input), 'sent'), ...more }], calls }
}

/** Starts a cell whose first record is refused, and waits for the text that it then prints. Returns its outcome, which is pending. */
async function sendRefused(
  { session, gate }: Pick<GatedSession, 'session' | 'gate'>,
  texts: TextWatch,
): Promise<{ readonly outcome: Promise<CellOutcome> }> {
  gate.shut()
  const outcome = session.execute(`${sending}; ${endless}`, { yieldTimeMs: 600_000 })
  await gate.waited(1)
  gate.fail(storageFailed)
  await texts.printed(1)
  gate.recover()
  return { outcome }
}

describe('a call that waits at a barrier', () => {
  test('a call of a terminated cell does not reach its tool, and its ledger entry has failed', async () => {
    const { tools, calls } = sender()
    const { session, gate } = await openGated({ tools })
    await using _ = session
    await session.execute(`yield_control(); await new Promise((done) => setTimeout(done)); ${sending}`)
    gate.shut()
    await gate.waited(1)
    const terminated = session.terminate('1')
    await quiet()
    gate.open()
    expect(await terminated).toMatchObject({ type: 'terminated' })
    await quiet()
    expect(calls).toEqual([])
    expect(session.ledger('1')).toMatchObject([{ state: 'failed', note: 'the cell ended before the tool was called' }])
  })

  test('the program gets the error of a call whose record was refused, and the tool is not called', async () => {
    const { tools, calls } = sender()
    const texts = new TextWatch()
    const { session, gate } = await openGated({ tools, listeners: [texts] })
    await using _ = session
    const { outcome } = await sendRefused({ session, gate }, texts)
    await expect.poll(() => session.ledger('1')).toMatchObject([{ state: 'failed' }])
    expect(calls).toEqual([])
    const done = session.terminate('1')
    expect(textsOf(await done)).toEqual(['tool `send` was not called: Cannot write: the disk is full'])
    expect(await outcome).toMatchObject({ type: 'terminated' })
  })

  test('a session that closes makes the call, and records its result', async () => {
    const { tools, calls } = sender()
    const { session, gate, folder } = await openGated({ tools })
    gate.shut()
    const rejected = expect(session.execute(sending)).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    await gate.waited(1)
    const closed = session.close()
    gate.open()
    await closed
    await rejected
    expect(calls).toHaveLength(1)
    await using again = await createSession({
      storage: folder,
      sessionId: 's',
      tools,
      hosts: sharedHosts('in-process'),
    })
    expect(again.ledger('1')).toMatchObject([{ state: 'applied' }])
    expect(textsOf(await again.observe('1'))).toEqual(['sent'])
    expect(calls).toHaveLength(1)
  })

  test('calls reach their tools in the order in which the program made them', async () => {
    const inputs: unknown[] = []
    const tools: readonly Tool[] = [{ name: 'send', call: (input) => void inputs.push(input) }]
    const { session, gate } = await openGated({ tools })
    await using _ = session
    gate.shut()
    const outcome = session.execute('await Promise.all([1, 2, 3].map((n) => tools.send({ n })))')
    await gate.waited(3)
    gate.open()
    expect(await outcome).toMatchObject({ type: 'completed' })
    expect(inputs).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  })
})

describe('a response that waits at a barrier', () => {
  const cases = [
    ['a yield', `text(1); yield_control(); ${endless}`],
    ['an end', 'text(1)'],
    ['a failure', 'text(1); throw 2'],
  ] as const

  test.each(cases)('the next observer gets the output of %s whose record was refused', async (_name, source) => {
    const { session, gate } = await openGated()
    await using _ = session
    gate.shut()
    const outcome = session.execute(source)
    await gate.waited(1)
    gate.fail(storageFailed)
    await expect(outcome).rejects.toBe(storageFailed)
    gate.recover()
    expect(textsOf(await session.observe('1', { yieldTimeMs: 0 }))).toEqual(['1'])
  })

  test.each(cases)('the next observer gets the output of %s whose observer left', async (_name, source) => {
    const { session, gate, folder } = await openGated()
    const controller = new AbortController()
    gate.shut()
    const outcome = session.execute(source, { signal: controller.signal })
    await gate.waited(1)
    controller.abort(new Error('left'))
    await expect(outcome).rejects.toThrow('left')
    gate.open()
    await session.close()
    await using again = await createSession({ storage: folder, sessionId: 's', hosts: sharedHosts('in-process') })
    expect(again.cells()).toEqual(['1'])
    expect(textsOf(await again.observe('1', { yieldTimeMs: 0 }))).toEqual(['1'])
  })

  test('a repeated request gets the response that its first observer did not receive, once', async () => {
    const { session, gate } = await openGated()
    await using _ = session
    const controller = new AbortController()
    gate.shut()
    const outcome = session.execute('text(1)', { requestId: 'r', signal: controller.signal })
    await gate.waited(1)
    controller.abort(new Error('left'))
    await expect(outcome).rejects.toThrow('left')
    gate.open()
    expect(await session.execute('text(1)', { requestId: 'r' })).toMatchObject({ type: 'completed', isReplay: true })
    expect(await session.observe('1')).toMatchObject({ type: 'missing' })
  })

  test('a second observer is refused while the response of the first one waits', async () => {
    const { session, gate } = await openGated()
    await using _ = session
    gate.shut()
    const outcome = session.execute(`text(1); yield_control(); text(2); ${endless}`)
    await gate.waited(1)
    await expect(session.observe('1')).rejects.toMatchObject({ code: 'CELL_BUSY' })
    await expect(session.follow('1').next()).rejects.toMatchObject({ code: 'CELL_BUSY' })
    gate.open()
    expect(textsOf(await outcome)).toEqual(['1'])
    expect(textsOf(await session.observe('1', { yieldTimeMs: 0 }))).toEqual(['2'])
  })

  test('other callers learn the end of a cell when its result is delivered, and not earlier', async () => {
    const closed: string[] = []
    const { session, gate } = await openGated({ onCellClosed: (cellId) => void closed.push(cellId) })
    await using _ = session
    await session.execute('yield_control(); text(1)')
    for await (const { type } of session.follow('1', { takesOutput: false })) if (type === 'ended') break
    gate.shut()
    const first = session.observe('1')
    const others: string[] = []
    for (const other of [session.observe('1'), session.terminate('1')]) void other.then(({ type }) => others.push(type))
    await expect(session.follow('1').next()).rejects.toMatchObject({ code: 'CELL_BUSY' })
    await quiet()
    expect([others, closed, session.cells()]).toEqual([[], [], ['1']])
    gate.open()
    expect(await first).toMatchObject({ type: 'completed' })
    await expect.poll(() => others).toEqual(['missing', 'missing'])
    expect([closed, session.cells()]).toEqual([['1'], []])
  })

  test('a termination gets the output after a yield that waits', async () => {
    const texts = new TextWatch()
    const { session, gate } = await openGated({ listeners: [texts] })
    await using _ = session
    gate.shut()
    const yielded = session.execute(`text(1); yield_control(); text(2); ${endless}`)
    await gate.waited(1)
    await texts.printed(2)
    const terminated = session.terminate('1')
    await quiet()
    gate.open()
    expect([await yielded, await terminated].map((each) => [each.type, textsOf(each)])).toEqual([
      ['yielded', ['1']],
      ['terminated', ['2']],
    ])
  })

  test('the output of a yield that was not delivered belongs to the end of its cell', async () => {
    const { session, gate, folder } = await openGated()
    gate.shut()
    const yielded = session.execute('text(1); yield_control(); text(2)')
    await gate.waited(1)
    for await (const { type } of session.follow('1', { takesOutput: false })) if (type === 'ended') break
    gate.fail(storageFailed)
    await expect(yielded).rejects.toBe(storageFailed)
    gate.recover()
    await session.close()
    await using again = await createSession({ storage: folder, sessionId: 's', hosts: sharedHosts('in-process') })
    expect(textsOf(await again.observe('1'))).toEqual(['1', '2'])
  })

  test('a session that closes delivers the response', async () => {
    const { session, gate } = await openGated()
    gate.shut()
    const outcome = session.execute('text(1)')
    await gate.waited(1)
    const closed = session.close()
    await quiet()
    gate.open()
    await closed
    expect(await outcome).toMatchObject({ type: 'completed' })
  })

  test('a terminated cell whose response was refused is gone', async () => {
    const { session, gate } = await openGated()
    await using _ = session
    await session.execute(endless, { yieldTimeMs: 0 })
    gate.shut()
    const terminated = session.terminate('1')
    await gate.waited(1)
    gate.fail(storageFailed)
    await expect(terminated).rejects.toBe(storageFailed)
    gate.recover()
    expect([session.cells(), await session.observe('1')]).toMatchObject([[], { type: 'missing' }])
  })
})

describe('a new cell whose record waits at a barrier', () => {
  test('a cell starts after its id was reported, so that a follower gets all events', async () => {
    const { session, gate } = await openGated()
    await using _ = session
    const events: string[] = []
    gate.shut()
    let followed = Promise.resolve()
    const follow = async (cellId: string): Promise<void> => {
      for await (const { type } of session.follow(cellId)) events.push(type)
    }
    const outcome = session.execute('text(1); notify("n")', { onStarted: (cellId) => (followed = follow(cellId)) })
    await gate.waited(1)
    gate.open()
    expect(await outcome).toMatchObject({ type: 'yielded', items: [] })
    await followed
    expect(events).toEqual(['output', 'notification', 'ended'])
  })

  test('a cell whose record was refused does not run', async () => {
    const { tools, calls } = sender()
    const { session, gate } = await openGated({ tools })
    await using _ = session
    gate.shut()
    const outcome = session.execute(sending, { onStarted: () => expect.unreachable() })
    await gate.waited(1)
    gate.fail(storageFailed)
    await expect(outcome).rejects.toMatchObject({ code: 'STORAGE_FAILED', cause: storageFailed })
    gate.recover()
    await quiet()
    expect([session.cells(), calls]).toEqual([[], []])
  })

  test('a session that closes does not start the cell', async () => {
    const { session, gate } = await openGated()
    gate.shut()
    const outcome = session.execute('text(1)', { onStarted: () => undefined })
    await gate.waited(1)
    const closed = session.close()
    gate.open()
    await expect(outcome).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    await closed
  })
})

describe('an approval that waits at a barrier', () => {
  const asked = { approvals: { hold: true } } as const

  test('a caller cannot decide about a call that is not listed yet', async () => {
    const { tools, calls } = sender({ needsApproval: 'ask' })
    const { session, gate } = await openGated({ ...asked, tools })
    await using _ = session
    gate.shut()
    const outcome = session.execute(sending, { yieldTimeMs: 600_000 })
    await gate.waited(1)
    const [key = ''] = session.ledger('1').map((call) => call.key)
    expect(() => session.decide(key, { type: 'allow' })).toThrow('its request is not on record yet')
    gate.open()
    await outcome
    await session.decide(key, { type: 'allow' })
    expect(textsOf(await session.observe('1'))).toEqual(['sent'])
    expect(calls).toHaveLength(1)
  })

  test('a grant settles a call that is not listed yet, and no approver is asked about it', async () => {
    const { tools, calls } = sender({ needsApproval: 'ask' })
    const between = new Gate()
    const { session, gate } = await openGated({ ...asked, tools: [...tools, between.tool] })
    await using _ = session
    await session.execute(
      'const first = tools.send({ n: 1 }); await tools.gate(); await tools.send({ n: 2 }); await first',
    )
    const [first = ''] = keysOf(session)
    gate.shut()
    between.open('opened')
    // The second call waits at the barrier.
    await gate.waited(1)
    void session.decide(first, { type: 'allow_in_session' })
    expect(keysOf(session)).toEqual([])
    gate.open()
    expect(await session.observe('1')).toMatchObject({ type: 'completed' })
    expect(calls).toHaveLength(2)
    expect(keysOf(session)).toEqual([])
  })

  test('a call whose request was refused rejects in its cell', async () => {
    const { tools, calls } = sender({ needsApproval: 'ask' })
    const texts = new TextWatch()
    const { session, gate } = await openGated({ ...asked, tools, listeners: [texts] })
    await using _ = session
    const { outcome } = await sendRefused({ session, gate }, texts)
    expect(textsOf(await session.terminate('1'))).toEqual(['Cannot write: the disk is full'])
    await outcome
    expect([calls, keysOf(session)]).toEqual([[], []])
  })
})

describe('other effects that wait at a barrier', () => {
  test('a notification is delivered when the records can be written again', async () => {
    const notified: string[] = []
    const { session, gate } = await openGated({ onNotification: ({ text }) => void notified.push(text) })
    await using _ = session
    gate.shut()
    const outcome = session.execute('notify("a"); notify("b")', { yieldTimeMs: 600_000 })
    await gate.waited(1)
    gate.fail(storageFailed)
    await quiet()
    expect(notified).toEqual([])
    gate.recover()
    expect(await outcome).toMatchObject({ type: 'completed' })
    expect(notified).toEqual(['a', 'b'])
  })

  test('a revert whose record was refused did not start, and the next revert tries again', async () => {
    const reverted: unknown[] = []
    const { tools } = sender({ revert: ({ key }) => void reverted.push(key) })
    const { session, gate } = await openGated({ tools })
    await using _ = session
    await session.execute(sending)
    gate.shut()
    const report = session.revert('1')
    await gate.waited(1)
    gate.fail(storageFailed)
    expect((await report).calls).toMatchObject([
      { type: 'failed', text: 'the revert was not started: Cannot write: the disk is full' },
    ])
    gate.recover()
    expect((await session.revert('1')).calls).toMatchObject([{ type: 'reverted' }])
    expect(reverted).toHaveLength(1)
  })

  test('a program computes and prints while its records wait', async () => {
    const { session, gate } = await openGated()
    await using _ = session
    gate.shut()
    const outcome = session.execute('text(1); await new Promise((done) => setTimeout(done, 1)); text(2)')
    const printed: string[] = []
    for await (const event of session.follow('1', { takesOutput: false })) {
      if (event.type === 'output') printed.push(...textsOf(event))
      if (printed.includes('2')) break
    }
    gate.open()
    expect(textsOf(await outcome)).toEqual(['1', '2'])
  })

  test('a tool gets the number of the opening, which grows with each opening', async () => {
    const epochs: number[] = []
    const tools: readonly Tool[] = [{ name: 'send', call: (_input, { epoch }) => void epochs.push(epoch) }]
    const { session, folder } = await openGated({ tools })
    await session.execute('await tools.send({})')
    await session.close()
    await using again = await createSession({
      storage: folder,
      sessionId: 's',
      tools,
      hosts: sharedHosts('in-process'),
    })
    await again.execute('await tools.send({})')
    await using memory = await createSession({ tools, hosts: sharedHosts('in-process') })
    await memory.execute('await tools.send({})')
    expect(epochs).toEqual([1, 2, 1])
  })
})
