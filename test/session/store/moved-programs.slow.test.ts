import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  createSession,
  provideResult,
  readSession,
  type Session,
  type SessionOptions,
  type SessionReport,
  type Tool,
} from '../../../src/index.ts'
import { pullSession, pushSession, sqliteStore, type SharedStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { runInProcess } from '../../support/in-process-cli.ts'

const hosts = sharedHosts('in-process')
const sessionId = 'work'
const week = 7 * 24 * 3_600_000

/** A program that waits for a decision, a deferred result and a timer, and then reads everything that a session stores. */
const program = `
  const before = load("n")
  setTimeout(() => 0, ${week})
  const [sent, reviewed] = await Promise.all([tools.send({ n: 1 }), tools.review({ text: "y".repeat(100_000) })])
  text(JSON.stringify({ before, after: load("n"), sent, reviewed, output: load("output:1"), random: typeof Math.random() }))
  exit()`

type Work = { readonly made: string[]; readonly options: SessionOptions }

function newWork(): Work {
  const made: string[] = []
  const tools: readonly Tool[] = [
    { name: 'send', needsApproval: 'ask', call: (input) => ({ sent: made.push(JSON.stringify(input)) }) },
    { name: 'review', call: (_input, context) => context.defer() },
    { name: 'add', call: () => made.push('add'), revert: () => void made.push('reverted') },
  ]
  return { made, options: { sessionId, hosts, tools, approvals: { hold: true } } }
}

/** Runs programs until each of them waits, and leaves the session. */
async function begin(session: Session): Promise<void> {
  await session.execute('store("n", 1); notify("first"); text("kept output"); await tools.add({})', { callId: 'c1' })
  await session.execute('store("n", 2); yield_control(); text("not delivered")', { requestId: 'q2' })
  await session.execute(program, { yieldTimeMs: 1 })
  await session.execute('throw new Error("bad")', { requestId: 'q4' })
  await expect.poll(() => session.pendingApprovals()).toHaveLength(1)
  await expect.poll(() => session.ledger('3')).toMatchObject([{ state: 'not_started' }, { state: 'deferred' }])
  await session.close()
}

/** Completes the programs of a session. Returns everything that users see of it. */
async function complete(session: Session, { made }: Work): Promise<unknown> {
  const [batch] = session.pendingApprovals()
  await session.decide(batch?.requests.map(({ key }) => key) ?? [], { type: 'allow_in_cell', calls: 1 })
  const key = session.ledger('3').find(({ state }) => state === 'deferred')?.key ?? ''
  await session.provideResult(key, { result: { ok: true } })
  const outcomes = [
    await session.observe('3', { yieldTimeMs: 600_000 }),
    await session.observe('2', { yieldTimeMs: 600_000 }),
    await session.execute('other', { requestId: 'q4' }).catch((error: unknown) => error),
  ]
  const reverted = await session.revert('1')
  const ledger = session.ledger().map((entry) => ({ ...entry, startedAt: 0, endedAt: 0, deferral: 0, reverted: 0 }))
  return JSON.parse(JSON.stringify({ outcomes, reverted, ledger, made }, withoutTimes).replace(/~\w+/g, ''))
}

function withoutTimes(name: string, value: unknown): unknown {
  return name === 'at' || name.endsWith('Ms') ? 0 : value
}

function withoutActivity(report: SessionReport): SessionReport {
  return { ...report, createdAt: 0, lastActivityAt: 0 }
}

function newStore(folder: string): SharedStore {
  const store = sqliteStore(join(folder, 'store.db'))
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

test('the programs of a session that was moved complete as those of a session that was not', async () => {
  const seen: unknown[] = []
  for (const moves of [0, 1, 2]) {
    const storage = newFolder()
    const store = newStore(storage)
    const work = newWork()
    await begin(await createSession({ ...work.options, storage }))
    const before = readSession({ storage, sessionId })
    if (moves > 0) await pushSession({ storage, store, sessionId })
    if (moves > 1) await pullSession({ storage, store, sessionId })
    const report = moves === 1 ? await readSession({ store, sessionId }) : readSession({ storage, sessionId })
    expect(withoutActivity(report)).toEqual(withoutActivity(before))
    await using session = await createSession({ ...work.options, ...(moves === 1 ? { store } : { storage }) })
    seen.push(await complete(session, work))
  }
  expect(seen[0]).toMatchObject({
    outcomes: [{ type: 'completed' }, { type: 'completed' }, {}],
    made: ['add', '{"n":1}', 'reverted'],
  })
  expect(seen[1]).toEqual(seen[0])
  expect(seen[2]).toEqual(seen[0])
})

test('codecell sessions push and pull move the sessions that they name, or all', async () => {
  const folder = newFolder()
  const url = `sqlite:${join(folder, 'store.db')}`
  const [storage, other] = [join(folder, 'sessions'), join(folder, 'other')]
  for (const id of ['a', 'b', 'c']) {
    await using session = await createSession({ storage, sessionId: id, hosts })
    await session.execute('store("n", 1)')
  }
  const io = { env: { CODECELL_STORE: url } }
  expect(await runInProcess(['sessions', 'push', storage, 'b', '--store', url])).toEqual({
    code: 0,
    out: 'b: moved, with 1 cells and 0 calls\n',
    err: '',
  })
  expect(await runInProcess(['sessions', 'push', storage, '--json'], { io })).toEqual({
    code: 0,
    out: ['a', 'b', 'c'].map((id) => `{"session_id":"${id}","was_moved":${id === 'b'},"cells":1,"calls":0}\n`).join(''),
    err: '',
  })
  const refused = await runInProcess(['exec', '-', '--durable', storage, '--session', 'a'], { stdin: 'text(1)' })
  expect(refused).toMatchObject({
    code: 4,
    err: expect.stringContaining('it was moved to session "default/a" of the store'),
  })
  expect((await runInProcess(['sessions', '--durable', storage])).out).toContain('it was moved to session "default/a"')
  expect((await runInProcess(['sessions', 'pull', other, 'a', 'c', '--store', url])).out).toBe(
    'a: moved, with 1 cells and 0 calls\nc: moved, with 1 cells and 0 calls\n',
  )
  const ran = await runInProcess(['exec', '-', '--durable', other, '--session', 'a', '-q'], {
    stdin: 'text(load("n"))',
  })
  expect(ran).toEqual({ code: 0, out: '1\n', err: '' })
  // Two of the three sessions are elsewhere.
  const all = await runInProcess(['sessions', 'pull', storage, '--store', url])
  expect(all).toMatchObject({ code: 4, out: 'b: moved, with 1 cells and 0 calls\n' })
  expect(all.err).toMatch(/^a: Cannot open session .*\nc: Cannot open session .*\nCannot move 2 of 3 sessions\n$/)
})

test.each([
  [['push'], 'expected DIR'],
  [['push', '', '--store', 'sqlite:x'], 'expected the path of a folder'],
  [['pull', 'x'], 'expected --store URL, or CODECELL_STORE'],
  [['pull', 'x', 's', '--store', 'sqlite:nowhere/store.db'], 'file not found: "nowhere/store.db"'],
  [['push', 'nowhere', '--store', 'postgres://u:sEcret@127.0.0.1:1/app'], 'directory not found: "nowhere"'],
  [['move'], 'Cannot run "codecell sessions": unexpected argument "move"'],
])('codecell sessions %j is refused', async (args, text) => {
  const { code, err } = await runInProcess(['sessions', ...args])
  expect([code, err]).toEqual([2, expect.stringContaining(text)])
  expect(err).not.toContain('sEcret')
})

test('a result that another process provides around a move is delivered once, or refused with the new location', async () => {
  const storage = newFolder()
  const store = newStore(storage)
  const work = newWork()
  await begin(await createSession({ ...work.options, storage }))
  const key = readSession({ storage, sessionId }).ledger.find(({ state }) => state === 'deferred')?.key ?? ''
  await provideResult({ storage, sessionId, key, result: 'from the folder' })
  await pushSession({ storage, store, sessionId })
  await expect(provideResult({ storage, sessionId, key, result: 'late' })).rejects.toMatchObject({
    code: 'SESSION_MOVED',
  })
  await expect(provideResult({ store, sessionId, key, result: 'second' })).rejects.toMatchObject({
    code: 'CALL_NOT_DEFERRED',
  })
  await pullSession({ storage, store, sessionId })
  await expect(provideResult({ store, sessionId, key, result: 'late' })).rejects.toMatchObject({
    code: 'SESSION_MOVED',
  })
  await using session = await createSession({ ...work.options, storage })
  await expect
    .poll(() => session.ledger('3').find((call) => call.key === key)?.deferral?.provided?.body)
    .toBe('"from the folder"')
})
