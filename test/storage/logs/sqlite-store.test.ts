import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteLogs } from '../../../src/storage/logs/sqlite/open-sqlite-logs.ts'
import { newFolder } from '../../support/folder.ts'
import { newName, newSqliteEngine, note, nothing, opened, recordsOf } from './engine.ts'
import { fightForSessions, randomOf } from './random-owners.ts'

test.for([
  { what: 'text', write: async (path: string) => writeFileSync(path, 'not a database, but a text of some length') },
  { what: 'another database', write: async (path: string) => create(path, 'CREATE TABLE sessions (id)') },
  { what: 'a newer store', write: newerStore },
])('a file with $what is refused and not changed', async ({ write }) => {
  const path = join(newFolder(), 'store.db')
  await write(path)
  const before = readFileSync(path)
  await expect(openSqliteLogs(path)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining(`Cannot use "${path}" as a store`),
  })
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('a path in a missing folder is refused', async () => {
  const path = join(newFolder(), 'missing', 'store.db')
  await expect(openSqliteLogs(path)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
})

test('an append waits for the lock of another process without blocking the thread', async () => {
  const path = join(newFolder(), 'store.db')
  const logs = await openSqliteLogs(path, { leaseMs: 600_000 })
  onTestFinished(() => logs[Symbol.asyncDispose]())
  const log = await opened(logs, newName())
  using other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  let isAppended = false
  const append = log.append([note(1)], nothing).then(() => {
    isAppended = true
  })
  let turns = 0
  await expect.poll(() => ++turns).toBe(5)
  expect(isAppended).toBe(false)
  other.exec('COMMIT')
  await append
})

test.for([1, 2])('nodes that fight for sessions keep every confirmed record, with seed %d', async (seed) => {
  const engine = await newSqliteEngine()
  const nodes = await Promise.all(Array.from({ length: 3 }, () => engine.start()))
  await fightForSessions({ engine, nodes, random: randomOf(seed), operations: 30 })
})

test('a store of format 1 is migrated with its sessions', async () => {
  const path = join(newFolder(), 'store.db')
  const name = newName()
  const first = await openSqliteLogs(path)
  const log = await opened(first, name)
  await log.append([note(1)], nothing)
  await log.release({ at: null })
  await first[Symbol.asyncDispose]()
  create(path, 'ALTER TABLE nodes DROP COLUMN build; ALTER TABLE nodes DROP COLUMN draining; PRAGMA user_version = 1')
  await using second = await openSqliteLogs(path)
  expect(await recordsOf(await opened(second, name))).toStrictEqual(['took 1', note(1), 'took 2'])
})

function create(path: string, sql: string): void {
  using database = new DatabaseSync(path)
  database.exec(sql)
}

async function newerStore(path: string): Promise<void> {
  await (await openSqliteLogs(path))[Symbol.asyncDispose]()
  create(path, 'PRAGMA user_version = 99; PRAGMA journal_mode = DELETE')
}
