import { appendFileSync, cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { createSession, readSession, readSessions, type Session, type Tool } from '../../src/index.ts'
import { layoutOf } from '../../src/storage/disk/layout.ts'
import { Lease } from '../../src/storage/disk/lease.ts'
import { makeLeaseFile, makePrivate } from '../../src/storage/disk/session-folder.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { testEngine, testEngineVersion } from '../support/engine.ts'

let folder = ''
beforeEach(() => {
  folder = newFolder()
})

const gate = new Gate()
const tools: readonly Tool[] = [
  { name: 'echo', call: (input) => input },
  gate.tool,
  { name: 'ask', needsApproval: 'ask', call: () => 1 },
]

async function open(id: string): Promise<Session> {
  return await createSession({
    storage: folder,
    sessionId: id,
    hosts: sharedHosts('in-process'),
    tools,
    approvals: { hold: true },
  })
}

const program = `// waits for everything
void tools.gate({ n: 1 })
await new Promise((go) => setTimeout(go, 20))
void tools.ask({ m: 2 })
setTimeout(() => 0, 3_600_000)
await tools.echo({})
await tools.gate({ n: 2 })`

/** Returns every file with its content, except the index of the write-ahead log, which all readers of SQLite share. */
function contents(of: string): Record<string, string> {
  const names = readdirSync(of, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    names
      .filter(({ name }) => !name.endsWith('-shm'))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [path, readFileSync(path, 'base64')]),
  )
}

test('readSession() reads an open session and the waits of its cells, and changes nothing', async () => {
  await using session = await open('work')
  const before = Date.now()
  await session.execute('await tools.echo({ text: "x" }); text("done")', { callId: 'call-1' })
  await session.execute('throw new Error("bad")')
  let outcome = await session.execute(program, { yieldTimeMs: 1e6 })
  while (session.ledger('3').length < 4) outcome = await session.observe('3', { yieldTimeMs: 20 })
  expect(outcome.type).toBe('yielded')
  const files = contents(folder)
  const report = readSession({ storage: folder, sessionId: 'work' })
  expect(contents(folder)).toEqual(files)
  expect(report).toMatchObject({
    id: 'work',
    openedBy: { pid: process.pid },
    cells: { running: 1, finished: 0, closed: 2 },
    calls: { not_started: 1, started: 2, applied: 2, failed: 0, unknown: 0 },
    approvals: 1,
    ledger: session.ledger(),
  })
  expect(
    report.cellList.map(({ startedAt, endedAt, ...cell }) => [startedAt >= before, endedAt !== null, cell]),
  ).toEqual([
    [
      true,
      true,
      {
        cellId: '1',
        execCallId: 'call-1',
        engine: null,
        state: { type: 'closed', ending: 'completed', errorText: null },
        source: 'await tools.echo({ text: "x" }); text("done")',
      },
    ],
    [
      true,
      true,
      {
        cellId: '2',
        execCallId: null,
        engine: null,
        state: { type: 'closed', ending: 'failed', errorText: expect.stringContaining('bad') },
        source: 'throw new Error("bad")',
      },
    ],
    [
      true,
      false,
      {
        cellId: '3',
        execCallId: null,
        engine: expect.objectContaining({ name: testEngine, version: testEngineVersion }),
        state: {
          type: 'running',
          waits: [
            { type: 'tool', callId: 'tool-1', identifier: 'gate', since: expect.any(Number) },
            { type: 'tool', callId: 'tool-4', identifier: 'gate', since: expect.any(Number) },
            { type: 'person', callId: 'tool-2', identifier: 'ask', since: expect.any(Number) },
            { type: 'timer', due: expect.any(Number) },
          ],
        },
        source: program,
      },
    ],
  ])
  const dues = report.cellList.flatMap(({ state }) =>
    state.type === 'running' ? state.waits.flatMap((wait) => (wait.type === 'timer' ? [wait.due] : [])) : [],
  )
  expect(dues.at(-1)).toBeGreaterThanOrEqual(before + 3_600_000)
  expect(report.pendingApprovals).toEqual([
    {
      key: expect.stringMatching(/^work\/3\/tool-2~\w+$/),
      cellId: '3',
      callId: 'tool-2',
      identifier: 'ask',
      input: '{"m":2}',
      wholeInput: '{"m":2}',
      inputHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      toolDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      location: { line: 4, column: 12 },
      askedAt: expect.any(Number),
    },
  ])
  const { cellList: _cells, ledger: _ledger, pendingApprovals: _pending, decisions: _decisions, ...summary } = report
  expect(readSessions({ storage: folder })).toEqual([summary])
  // A session waits for its calls when it closes.
  while (gate.open(0));
})

test('readSessions() lists sessions that are not open, the latest first', async () => {
  await (await open('older')).close()
  const session = await open('newer')
  await session.execute('text(1)')
  await session.close()
  expect(
    readSessions({ storage: folder }).map((found) => (found.type === 'session' ? [found.id, found.openedBy] : found)),
  ).toEqual([
    ['newer', null],
    ['older', null],
  ])
})

test('a session that its owner is creating is not found and not listed, and one without an owner is damaged', async () => {
  const layout = layoutOf(folder, 'new')
  makeLeaseFile(layout)
  const lease = Lease.take(layout)
  onTestFinished(() => lease.release())
  makePrivate(layout)
  for (const sql of ['', 'PRAGMA journal_mode = WAL', 'BEGIN IMMEDIATE; CREATE TABLE cells (cell INTEGER)']) {
    using database = new DatabaseSync(layout.database)
    database.exec(sql)
    expect(() => readSession({ storage: folder, sessionId: 'new' })).toThrow(
      expect.objectContaining({ code: 'SESSION_NOT_FOUND' }),
    )
    expect(readSessions({ storage: folder })).toEqual([])
  }
  lease.release()
  expect(() => readSession({ storage: folder, sessionId: 'new' })).toThrow(
    expect.objectContaining({ code: 'SESSION_INVALID' }),
  )
})

test('readSessions() reports sessions that are missing, damaged or of a newer format', async () => {
  const session = await open('good')
  await session.execute('await new Promise((go) => setTimeout(go, 1e6))', { yieldTimeMs: 0 })
  await expect.poll(() => readFileSync(join(folder, 'good', 'cells', '1.jsonl'), 'utf8')).toContain('"timer"')
  await session.close()
  const copy = (id: string): string => {
    cpSync(join(folder, 'good'), join(folder, id), { recursive: true })
    return join(folder, id)
  }
  writeFileSync(join(copy('rubbish'), 'session.db'), 'no database at all, however long the text may be')
  const database = new DatabaseSync(join(copy('newer'), 'session.db'))
  database.exec('PRAGMA user_version = 99')
  database.close()
  const journal = join(copy('torn'), 'cells', '1.jsonl')
  appendFileSync(journal, `00000000 {}\n${readFileSync(journal, 'utf8')}`)
  expect(
    readSessions({ storage: folder }).map((found) => [found.id, found.type === 'unreadable' ? found.message : null]),
  ).toEqual([
    ['good', null],
    [
      'newer',
      expect.stringMatching(/session\.db": it has format 99, and this version of codecell supports formats up to/),
    ],
    ['rubbish', expect.stringMatching(/session\.db": the database cannot be read/)],
    ['torn', expect.stringMatching(/1\.jsonl": the journal is corrupt after \d+ bytes/)],
  ])
  expect(() => readSession({ storage: folder, sessionId: 'torn' })).toThrow(
    expect.objectContaining({ code: 'SESSION_INVALID' }),
  )
  expect(() => readSession({ storage: folder, sessionId: 'none' })).toThrow(
    expect.objectContaining({ code: 'SESSION_NOT_FOUND' }),
  )
  expect(() => readSession({ storage: folder, sessionId: '../x' })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  )
  expect(() => readSessions({ storage: join(folder, 'none') })).toThrow(
    expect.objectContaining({ code: 'SESSION_NOT_FOUND' }),
  )
})
