import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  createSession,
  readSession,
  remoteHosts,
  type Session,
  type SessionOptions,
  type Tool,
} from '../../src/index.ts'
import type { LogRecord } from '../../src/storage/logs/session-logs.ts'
import { LogStore, type SharedStore } from '../../src/storage/shared/shared-store.ts'
import { postgresStore, sqliteStore } from '../../src/store.ts'
import { isType, RawNode, hello } from '../remote/raw-node.ts'
import { TestSupervisor } from '../remote/test-supervisor.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { newSchema, runSql, skippedWithoutPostgres } from '../support/postgres/shared-server.ts'
import { textsOf } from '../support/texts.ts'

const hosts = sharedHosts('in-process')
const sessionId = 's'
const tools: readonly Tool[] = [{ name: 'gate', call: () => 'called' }]

type Location = Pick<SessionOptions, 'storage' | 'store'>

/** A stored session that a newer version changes, and changes back. */
type Stored = {
  readonly location: () => Location
  readonly makeNewer: () => Promise<void>
  readonly makeOlder: () => Promise<void>
  /** The error names the version that is there, and the one that is supported. */
  readonly error: RegExp
}

function inFolder(change: (folder: string, isNewer: boolean) => void, error: RegExp): Stored {
  const storage = newFolder()
  const folder = join(storage, sessionId)
  return {
    location: () => ({ storage }),
    makeNewer: async () => change(folder, true),
    makeOlder: async () => change(folder, false),
    error,
  }
}

/** Changes the format of an SQLite database. */
function setFormat(path: string, isNewer: boolean): void {
  using database = new DatabaseSync(path)
  const format = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  database.exec(`PRAGMA user_version = ${isNewer ? format + 90 : format - 90}`)
}

/** Adds a line of an unknown type behind the journal of the cell, or removes it. */
function changeJournal(folder: string, isNewer: boolean): void {
  const path = join(folder, 'cells', '1.jsonl')
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  if (isNewer) {
    const body = `1:${lines.length} ${JSON.stringify({ type: 'future', id: 1 })}`
    lines.push(`${crc32(body).toString(16).padStart(8, '0')} ${body}`)
  } else lines.pop()
  writeFileSync(path, `${lines.join('\n')}\n`)
}

function storeIn(folder: string): SharedStore {
  const store = sqliteStore(join(folder, 'store.db'))
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

/** A session in a store whose log gets a record of an unknown type. `removeRow` removes the last row of the log. */
function withRecord(newStore: () => SharedStore, removeRows: () => Promise<void>): Stored {
  return {
    location: () => ({ store: newStore() }),
    makeNewer: async () => {
      const logs = await LogStore.logsOf(newStore())
      const log = await logs.open({ tenant: 'default', id: sessionId }, { mustExist: true })
      if ('heldBy' in log) throw new Error('expected a session that is not open')
      const record: LogRecord = { type: 'future', cell: 1 }
      await log.append([record], { wakeAt: null, approvals: [], counts: { running: 1, finished: 0, closed: 0 } })
      await log.release({ at: null })
    },
    makeOlder: removeRows,
    error:
      /the unknown record "future" of a newer format, and this version of codecell supports records up to format 2; use/,
  }
}

/** Removes the record of an unknown type, and the rows behind it. */
const removeSql = `DELETE FROM log WHERE seq >= (SELECT max(seq) FROM log WHERE body LIKE '%future%')`

const stored: readonly (readonly [what: string, make: () => Promise<Stored> | Stored])[] = [
  [
    'the database of a folder',
    () =>
      inFolder(
        (folder, isNewer) => setFormat(join(folder, 'session.db'), isNewer),
        /it has format 9\d, and this version of codecell supports formats up to \d; use a newer version$/,
      ),
  ],
  [
    'a line in the journal of a folder',
    () =>
      inFolder(
        changeJournal,
        /has the unknown type "future" of a newer format, and this version of codecell supports formats up to \d; use a newer version$/,
      ),
  ],
  [
    'the tables of an SQLite store',
    () => {
      const folder = newFolder()
      const change = async (isNewer: boolean): Promise<void> => setFormat(join(folder, 'store.db'), isNewer)
      return {
        location: () => ({ store: storeIn(folder) }),
        makeNewer: () => change(true),
        makeOlder: () => change(false),
        error: /it has format 9\d, and this version of codecell supports formats up to \d; use a newer version/,
      }
    },
  ],
  [
    'a record in an SQLite store',
    () => {
      const folder = newFolder()
      return withRecord(
        () => storeIn(folder),
        async () => {
          using database = new DatabaseSync(join(folder, 'store.db'))
          database.exec(removeSql)
        },
      )
    },
  ],
  [
    'the tables of a PostgreSQL store',
    async () => {
      const { url, schema } = await newSchema()
      const change = (by: number): Promise<void> =>
        runSql(url, `UPDATE ${schema}.store_format SET format = format + ${by}`)
      return {
        location: () => ({ store: inPostgres(url) }),
        makeNewer: () => change(90),
        makeOlder: () => change(-90),
        error:
          /its tables have format 9\d, and this version of codecell supports formats up to \d; use a newer version; nothing was changed/,
      }
    },
  ],
  [
    'a record in a PostgreSQL store',
    async () => {
      const { url, schema } = await newSchema()
      const sql = removeSql
        .replaceAll('log WHERE', `${schema}.log WHERE`)
        .replace('body LIKE', "encode(body, 'escape') LIKE")
      return withRecord(
        () => inPostgres(url),
        () => runSql(url, sql),
      )
    },
  ],
]

function inPostgres(url: string): SharedStore {
  const store = postgresStore(url)
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

async function opened(location: Location, gate: Gate | null = null): Promise<Session> {
  return await createSession({ ...location, sessionId, hosts, tools: gate === null ? tools : [gate.tool] })
}

/** Starts a cell, and closes its session while a result is on record. */
async function interrupted(location: Location): Promise<void> {
  const gate = new Gate()
  const session = await opened(location, gate)
  await session.execute('text(await tools.gate({})); text(await tools.gate({}))', { yieldTimeMs: 0 })
  await gate.called(1)
  const closed = session.close()
  gate.open('recorded')
  await closed
}

describe.each(stored)('a newer version of %s', (what, make) => {
  const isSkipped = what.includes('PostgreSQL') && skippedWithoutPostgres() !== null

  test.skipIf(isSkipped)('is refused with both versions, is not changed, and the newer version continues', async () => {
    const { location, makeNewer, makeOlder, error } = await make()
    await interrupted(location())
    await makeNewer()
    const message = expect.stringMatching(error)
    for (let attempt = 0; attempt < 2; attempt++) await expect(opened(location())).rejects.toMatchObject({ message })
    const read = async (): Promise<unknown> => {
      const { store, storage = '' } = location()
      return store === undefined ? readSession({ storage, sessionId }) : await readSession({ store, sessionId })
    }
    await expect(read()).rejects.toMatchObject({ message })
    await makeOlder()
    await using session = await opened(location())
    expect(textsOf(await session.observe('1', { yieldTimeMs: 60_000 }))).toEqual(['recorded', 'called'])
  })
})

test('a session with a newer record is left to nodes of the newer version, and is due there', async () => {
  const folder = newFolder()
  mkdirSync(folder, { recursive: true })
  const { location, makeNewer } = withRecord(
    () => storeIn(folder),
    async () => undefined,
  )
  await interrupted(location())
  await makeNewer()
  await expect(opened(location())).rejects.toMatchObject({ code: 'SESSION_INVALID' })
  const store = storeIn(folder)
  expect(await LogStore.takeDue(store, 10, { capabilities: [], ofAllTenants: false })).toEqual([])
  const logs = await LogStore.logsOf(store)
  const taken = await logs.takeDue(10, { has: ['engine:*', 'format:>2'] })
  expect(taken.map(({ name }) => name.id)).toEqual([sessionId])
})

test('a node of a newer protocol gets the versions of both from a supervisor', async () => {
  await using supervisor = await TestSupervisor.start(null)
  using node = new RawNode(supervisor.supervisor.port, null)
  node.send({ ...hello, protocol: 9, oldest: 8 })
  expect(await node.message(isType('refused'))).toMatchObject({
    reason: expect.stringMatching(/^expected a protocol version from 1 to 2, got 8 to 9; install versions/),
  })
  // Other nodes are served.
  await using pool = remoteHosts({ addresses: [supervisor.address], tls: null, size: 1 })
  await using session = await createSession({ hosts: pool })
  expect(textsOf(await session.execute('text("served")', { yieldTimeMs: 60_000 }))).toEqual(['served'])
})
