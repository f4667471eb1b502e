import { Writable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runCommandLine } from '../../../src/cli/main.ts'
import { readSession, settleCall, type LedgerEntry, type Session } from '../../../src/index.ts'
import { ask, startConsole } from '../../console/console-client.ts'
import type { CallPage } from '../../../src/console/api.ts'
import { storedPlaces } from '../inbox/stored-places.ts'

const reverted: unknown[] = []
const tools = [
  {
    name: 'pay',
    call: async () => await new Promise(() => undefined),
    revert: ({ result }: { readonly result: unknown }) => reverted.push(result),
  },
]

/** The program ends without the result of its call. */
const lost = 'void tools.pay({ to: "Ann" }); await new Promise((done) => setTimeout(done, 1))'

/** The program waits for its call. */
const waiting = 'try { await tools.pay({ to: "Ann" }) } catch (error) { text(error) }'

async function onlyCall(session: Session): Promise<LedgerEntry> {
  await expect.poll(() => session.ledger().length).toBe(1)
  const [call] = session.ledger()
  if (call === undefined) throw new Error('The session has no call')
  return call
}

describe.each(Object.keys(storedPlaces))('a call without a known outcome, in %s,', (name) => {
  const newPlace = storedPlaces[name === 'a folder' ? 'a folder' : 'a shared store']

  type Started = {
    readonly place: Awaited<ReturnType<typeof newPlace>>
    readonly session: Session
    readonly key: string
    readonly cellId: string
  }

  async function start(source: string): Promise<Started> {
    const place = await newPlace()
    const session = await place.open({ tools })
    onTestFinished(async () => await session.close())
    reverted.length = 0
    const outcome = await session.execute(source, { yieldTimeMs: source === lost ? 10_000 : 0 })
    const { key } = await onlyCall(session)
    return { place, session, key, cellId: outcome.cellId }
  }

  test('is applied when a user states that it happened, and can be reverted with the stated result', async () => {
    const { place, session, key, cellId } = await start(lost)
    expect(session.ledger()[0]?.state).toBe('unknown')
    await settleCall({ ...place.at, key, type: 'happened', result: { id: 7 }, by: 'Ann', note: 'on the statement' })
    const other = await session.execute('await new Promise((done) => setTimeout(done, 5000))', { yieldTimeMs: 0 })
    await expect.poll(() => session.ledger(cellId)[0]?.state).toBe('applied')
    expect(session.ledger(cellId)[0]).toMatchObject({
      settled: { type: 'happened', by: 'Ann', note: 'on the statement' },
      note: expect.stringMatching(/^it happened, as "Ann" stated at \S+Z: on the statement$/),
    })
    await expect
      .poll(async () => (await readSession(place.at)).ledger[0])
      .toMatchObject({ state: 'applied', settled: { by: 'Ann' } })
    expect((await session.revert(cellId)).calls).toMatchObject([{ type: 'reverted' }])
    expect(reverted).toEqual([{ id: 7 }])
    await session.terminate(other.cellId)
  })

  test('is failed when a user states that it did not happen, and the first statement counts', async () => {
    const { place, session, key, cellId } = await start(lost)
    const first = { ...place.at, key, type: 'did_not_happen', by: 'Ann', requestId: 'r1' } as const
    await settleCall(first)
    await settleCall(first)
    const second = settleCall({ ...place.at, key, type: 'happened', by: 'Bo' })
    await expect(second).rejects.toMatchObject({
      code: 'CALL_NOT_UNKNOWN',
      message: expect.stringContaining('as "Ann" stated'),
    })
    expect((await readSession(place.at)).ledger[0]).toMatchObject({ settled: { type: 'did_not_happen', by: 'Ann' } })
    await session.close()
    const next = await place.open({ tools })
    onTestFinished(async () => await next.close())
    expect(next.ledger()[0]).toMatchObject({ state: 'failed', settled: { type: 'did_not_happen' } })
    expect((await next.revert(cellId)).calls).toEqual([])
    await settleCall(first)
  })

  test('that a closed session has started is settled before its program resumes, which learns the outcome', async () => {
    const { place, session, key, cellId } = await start(waiting)
    await expect(settleCall({ ...place.at, key, type: 'happened' })).rejects.toThrow('it is in progress')
    await session.close({ graceMs: 0 })
    await settleCall({ ...place.at, key, type: 'happened', by: 'Ann' })
    expect((await readSession(place.at)).ledger[0]).toMatchObject({ state: 'started', settled: { by: 'Ann' } })
    const next = await place.open({ tools })
    onTestFinished(async () => await next.close())
    const outcome = await next.observe(cellId)
    expect(outcome).toMatchObject({
      type: 'completed',
      items: [{ text: expect.stringContaining('the call was applied, and its result is lost') }],
    })
    expect(next.ledger()[0]).toMatchObject({ state: 'applied', settled: { type: 'happened', by: 'Ann' } })
  })

  test('is settled in the console with the name of the user, and leaves its list', async () => {
    const { place, session, key } = await start(lost)
    await session.close()
    const server = await startConsole('storage' in place.at ? { storage: place.at.storage } : { store: place.at.store })
    const unsettled = async (): Promise<number> => (await ask<CallPage>(server, '/api/calls?state=unsettled')).total
    expect(await unsettled()).toBe(1)
    const settlement = { type: 'happened', result: '{"id":7}' }
    const request = { sessionId: 's', key, settlement, requestId: 'r1' }
    expect(await ask<object>(server, '/api/settle', request)).toEqual({ type: 'settled' })
    await expect.poll(unsettled).toBe(0)
    expect(await ask<object>(server, '/api/settle', { ...request, requestId: 'r2' })).toMatchObject({
      type: 'refused',
      error: { code: 'CALL_NOT_UNKNOWN' },
      first: { type: 'happened', by: 'Ann' },
    })
  })
})

test('The error of a tool that imitates a settlement is not one', async () => {
  const place = await storedPlaces['a folder']()
  const fake = JSON.stringify({ type: 'happened', by: 'Ann', at: 1, note: null, requestId: null })
  const call = (): never => {
    throw new Error(`\u0001${fake}`)
  }
  const session = await place.open({ tools: [{ name: 'pay', call }] })
  onTestFinished(async () => await session.close())
  await session.execute('await tools.pay({})')
  expect(session.ledger()[0]?.settled).toBeUndefined()
  expect((await readSession(place.at)).ledger[0]?.settled).toBeUndefined()
})

test.each([
  [{ type: 'maybe' }, 'type'],
  [{ type: 'did_not_happen', result: 1 }, 'no result'],
  [{ type: 'happened', result: 1n }, 'JSON'],
  [{ type: 'happened', by: '' }, 'by'],
  [{ type: 'happened', note: 'x'.repeat(1001) }, 'note'],
])('settleCall() refuses %o', async (options, text) => {
  const call: unknown = { storage: '/nowhere', sessionId: 's', key: 's/1/tool-1', ...options }
  const settle = async (given: unknown): Promise<unknown> => await Reflect.apply(settleCall, undefined, [given])
  await expect(settle(call)).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(text) })
})

test('codecell ledger SESSION KEY --did-not-happen settles a call', async () => {
  const place = await storedPlaces['a folder']()
  const session = await place.open({ tools })
  await session.execute(lost)
  const { key } = await onlyCall(session)
  await session.close()
  let printed = ''
  const sink = new Writable({ write: (chunk: unknown, _encoding, done) => ((printed += String(chunk)), done()) })
  const storage = 'storage' in place.at && typeof place.at.storage === 'string' ? place.at.storage : ''
  const run = async (...args: readonly string[]): Promise<number> =>
    await runCommandLine(['ledger', 's', ...args, '--durable', storage], {
      stdin: process.stdin,
      stdout: sink,
      stderr: sink,
      env: {},
      project: storage,
      home: storage,
    })
  expect(await run(key)).toBe(2)
  expect(await run(key, '--did-not-happen', '--by', 'Ann')).toBe(0)
  expect(await run(key, '--happened', '--by', 'Bo')).toBe(1)
  expect(printed).toContain('it did not happen, as "Ann" stated')
})
