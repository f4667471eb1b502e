import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { type SessionEvent, createSession, type SessionOptions, type Tool } from '../../src/index.ts'
import { sqliteStore } from '../../src/store.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { runInProcess } from '../support/in-process-cli.ts'

let folder = ''
let file = ''
let url = ''
beforeEach(() => {
  folder = newFolder()
  file = join(folder, 'store.db')
  url = `sqlite:${file}`
})

const hosts = sharedHosts('in-process')

/** Fills a session with cells and calls of each state, and calls `whileOpen` before it is closed. */
async function fillSession(
  options: Pick<SessionOptions, 'storage' | 'store'>,
  whileOpen: () => Promise<void>,
): Promise<void> {
  const gate = new Gate()
  const tools: readonly Tool[] = [
    gate.tool,
    { name: 'echo', call: (input) => input },
    { name: 'refuse', call: () => Promise.reject(new Error('no')) },
    { name: 'ask', needsApproval: 'ask', call: () => 1 },
  ]
  const ended = Promise.withResolvers<void>()
  const onEvent = (event: SessionEvent): void => {
    if (event.type === 'cell_emitted' && event.cellId === '3' && event.event.type === 'completed') ended.resolve()
  }
  const approvals = { hold: true }
  const session = await createSession({
    ...options,
    sessionId: 'work',
    hosts,
    tools,
    approvals,
    listeners: [{ onEvent }],
  })
  await session.execute('await tools.echo({ a: 1 }); await tools.refuse().catch(() => 0); text("x")', { callId: 'c1' })
  await session.execute('throw new Error("bad")')
  await session.execute('yield_control(); await tools.echo({ text: "y".repeat(100_000) }); text("not delivered")')
  await ended.promise
  await session.execute('void tools.ask({ m: 2 }); setTimeout(() => 0, 3_600_000); await tools.gate({})', {
    yieldTimeMs: 1,
  })
  await gate.called(1)
  await whileOpen()
  const closed = session.close()
  while (gate.open(0));
  await closed
}

/** Replaces times, keys and owners, which differ between runs. */
function plain(text: string): string {
  return text
    .replace(/~\w+/g, '~KEY')
    .replace(/\d{4}-\d\d-\d\d.*?\)/g, 'TIME')
    .replace(/"(\w+_at|since|due)":\d+/g, '"$1":0')
    .replace(/by (process \d+|node [\w-]+)/, 'by OWNER')
    .replace(/"opened_by":\{.*?\}/, '"opened_by":{}')
    .replace(/due in [^)\n]*/g, 'due LATER')
    .replace(/ {2,}/g, '  ')
}

const commands = [
  ['sessions'],
  ['sessions', '--json'],
  ['cells', 'work'],
  ['cells', 'work', '--json'],
  ['ledger', 'work'],
  ['ledger', 'work', '--json'],
]

async function outputs(location: readonly string[]): Promise<readonly string[]> {
  const all: string[] = []
  for (const args of commands) {
    const { code, out, err } = await runInProcess([...args, ...location])
    all.push(`${code} ${err}${plain(out)}`)
  }
  return all
}

test('codecell sessions, cells and ledger print the same for a shared store as for a folder, open and closed', async () => {
  const storage = join(folder, 'sessions')
  await using store = sqliteStore(file)
  const printed = new Map<string, readonly string[]>()
  const print = async (name: string, location: readonly string[]): Promise<void> =>
    void printed.set(name, await outputs(location))
  await fillSession({ storage }, () => print('open folder', ['--durable', storage]))
  await print('closed folder', ['--durable', storage])
  await fillSession({ store }, () => print('open store', ['--store', url]))
  await print('closed store', ['--store', url])
  expect(printed.get('open store')).toEqual(printed.get('open folder'))
  expect(printed.get('closed store')).toEqual(printed.get('closed folder'))
})

test('codecell exec runs and resumes a program in a shared store, which CODECELL_STORE can name', async () => {
  const location = ['--session', 'work']
  const io = { env: { CODECELL_STORE: url } }
  const kept = await runInProcess(['exec', '-', '--store', url, ...location, '-q'], { stdin: 'store("m", 2); text(1)' })
  expect(kept).toEqual({ code: 0, out: '1\n', err: '' })
  expect(await runInProcess(['exec', '-', ...location, '-q'], { stdin: 'text(load("m"))', io })).toMatchObject({
    code: 0,
    out: '2\n',
  })
  expect((await runInProcess(['exec', '--resume', ...location], { io })).err).toContain('no unfinished cell')
  expect((await runInProcess(['cells', 'work'], { io })).out.split('\n')).toHaveLength(4)
  // Without --session, the variable does not store a run.
  expect(await runInProcess(['exec', '-', '-q'], { stdin: 'text(load("m") === undefined)', io })).toMatchObject({
    out: 'true\n',
  })
})

describe('a wrong store', () => {
  const secret = 'sEcret'
  test.each([
    [['--store', `mysql://u:${secret}@db/app`], 2, 'Cannot use the URL of the store: expected postgres:'],
    [['--store', secret], 2, 'Cannot use the URL of the store: expected postgres:'],
    [['--store', `postgres://u:${secret}#x@db/app`], 2, 'Cannot parse the URL of the store: expected postgres:'],
    [['--store', `postgres://u:${secret}@db/app?sslmod=x`], 2, 'Cannot parse the URL of the store: unknown parameter'],
    [['--store', `postgres://u:${secret}@127.0.0.1:1/app`], 4, 'Cannot reach the store at 127.0.0.1:1'],
    [['--store', 'sqlite:'], 2, 'Cannot use the URL of the store: expected postgres:'],
    [['--store', 'sqlite:nowhere/store.db'], 2, 'Cannot read sessions: file not found: "nowhere/store.db"'],
    [['--store', 'sqlite:package.json'], 2, 'Cannot use "package.json" as a store: it is not an SQLite database'],
    [['--store', 'postgres://db/app', '--durable', '.'], 2, 'Cannot use --store with --durable'],
    [['--durable', '.', '--tenant', 'acme'], 2, 'Cannot use --tenant without --store URL'],
    [['--store', 'postgres://db/app', '--tenant', '../x'], 2, 'Cannot name a tenant "../x"'],
  ])('%j is refused with the exit code %i', async (flags, code, text) => {
    for (const args of [['sessions'], ['cells', 'work'], ['ledger', 'work'], ['revert', 'work', '1', '--yes']]) {
      const result = await runInProcess([...args, ...flags])
      expect(result).toEqual({ code, out: '', err: expect.stringMatching(new RegExp(`^${escaped(text)}`)) })
      expect(result.err).not.toContain(secret)
    }
  })

  test('a file of another program or of a newer format is refused and not changed', async () => {
    for (const [name, sql, text] of [
      ['other.db', 'CREATE TABLE things (id)', 'it has tables of another program; nothing was changed'],
      ['newer.db', null, 'it has format 99, and this version of codecell supports formats up to'],
    ] as const) {
      const path = join(folder, name)
      if (sql === null) await newStoreIn(path)
      using database = new DatabaseSync(path)
      database.exec(sql ?? 'PRAGMA user_version = 99')
      database.close()
      const before = readFileSync(path)
      const { code, err } = await runInProcess(['exec', '-', '--store', `sqlite:${path}`], { stdin: 'text(1)' })
      expect([code, err]).toEqual([2, expect.stringContaining(text)])
      expect(readFileSync(path)).toEqual(before)
    }
  })

  test('a session of another tenant is not found, and not listed', async () => {
    await runInProcess(['exec', '-', '--store', url, '--tenant', 'acme', '--session', 'work'], { stdin: 'text(1)' })
    expect(await runInProcess(['cells', 'work', '--store', url])).toEqual({
      code: 2,
      out: '',
      err: `Cannot find session "default/work": not found in the store "${file}"\n`,
    })
    expect((await runInProcess(['sessions', '--store', url])).out).toBe('The store has no sessions\n')
    expect((await runInProcess(['sessions', '--store', url, '--tenant', 'acme'])).out).toContain('work')
  })

  test('a session that another process has open is refused with its address', async () => {
    await using store = sqliteStore(file, { address: 'http://agent-7' })
    await using session = await createSession({ store, sessionId: 'work', hosts })
    expect(await runInProcess(['exec', '-', '--store', url, '--session', session.id], { stdin: 'text(1)' })).toEqual({
      code: 4,
      out: '',
      err: expect.stringContaining(
        `Cannot open session "default/work" of the store "${file}": the node at http://agent-7 has it open\n`,
      ),
    })
  })
})

/** Creates an empty store. */
async function newStoreIn(path: string): Promise<void> {
  await runInProcess(['exec', '-', '--store', `sqlite:${path}`], { stdin: 'text(1)' })
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
