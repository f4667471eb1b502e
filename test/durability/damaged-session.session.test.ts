import {
  appendFileSync,
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createSession, type Session, type Tool } from '../../src/index.ts'
import { schemaSteps } from '../../src/storage/disk/database/schema.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { forV8 } from '../support/engine-differences.ts'

const id = 'one'

async function open(root: string, tools: readonly Tool[] = []): Promise<Session> {
  return await createSession({ storage: root, sessionId: id, tools, hosts: sharedHosts('in-process') })
}

/** Creates a session with a stored value and a cell that waits for an hour after two calls. */
async function makeSession(root: string, tools: readonly Tool[]): Promise<void> {
  await using session = await open(root, tools)
  await session.execute('store("kept", [1, 2])')
  const outcome = await session.execute(waitingCell, { yieldTimeMs: 0 })
  expect(outcome).toMatchObject({ type: 'yielded', cellId: '2' })
  await expect.poll(() => session.ledger('2').map(({ state }) => state)).toEqual(['applied', 'applied'])
}

const waitingCell = `
for (const label of ['a', 'b']) {
  try { text(await tools.book({ label })) } catch (error) { text(String(error.message ?? error).replace(/\\(key.*/, '')) }
}
await new Promise((resolve) => setTimeout(resolve, 3_600_000))`

/** Replaces a database of the current format with one of the first format that has the same rows. */
function convertToFirstFormat(path: string): void {
  const old = `${path}.old`
  {
    using database = new DatabaseSync(old)
    database.exec(schemaSteps[0] ?? '')
    database.exec(`PRAGMA user_version = 1; ATTACH '${path}' AS today`)
    const tables = database.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'").all()
    for (const table of tables.map(({ name }) => String(name))) {
      const columns = database
        .prepare(`PRAGMA main.table_info(${table})`)
        .all()
        .map(({ name }) => String(name))
        .join()
      database.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM today.${table}`)
    }
  }
  for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true })
  renameSync(old, path)
}

function booking(): { tools: readonly Tool[]; booked: unknown[] } {
  const booked: unknown[] = []
  const call = (input: unknown): string => `booked ${String(booked.push(input))}`
  return { tools: [{ name: 'book', call }], booked }
}

describe('a damaged session folder', () => {
  test('createSession() rejects a session of a newer format and does not change it', async () => {
    const root = newFolder()
    await makeSession(root, booking().tools)
    const path = join(root, id, 'session.db')
    using database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 999')
    await expect(open(root)).rejects.toMatchObject({
      code: 'SESSION_INVALID',
      message: `Cannot use "${path}": it has format 999, and this version of codecell supports formats up to ${schemaSteps.length}; use a newer version`,
    })
    database.exec(`PRAGMA user_version = ${schemaSteps.length}`)
    await using session = await open(root, booking().tools)
    expect(session.cells()).toEqual(['2'])
  })

  test('createSession() rejects a damaged database and releases its lease', async () => {
    const root = newFolder()
    await makeSession(root, booking().tools)
    const path = join(root, id, 'session.db')
    const content = readFileSync(path)
    const damaged = Buffer.from(content)
    damaged.fill(0xa5, 100, Math.min(content.length, 9000))
    writeFileSync(path, damaged)
    for (let time = 0; time < 2; time++) {
      await expect(open(root)).rejects.toMatchObject({
        code: 'SESSION_INVALID',
        message: expect.stringContaining(path),
      })
    }
    writeFileSync(path, content)
    await using session = await open(root, booking().tools)
    expect(session.cells()).toEqual(['2'])
  })

  test('createSession() rejects a journal that is damaged in the middle, and names it', async () => {
    const root = newFolder()
    await makeSession(root, booking().tools)
    const journal = join(root, id, 'cells', '2.jsonl')
    const content = readFileSync(journal)
    const damaged = Buffer.from(content)
    damaged[12] = 0x21
    writeFileSync(journal, damaged)
    await expect(open(root)).rejects.toMatchObject({
      code: 'SESSION_INVALID',
      message: expect.stringContaining(`Cannot use "${journal}": the journal is corrupt after 0 bytes`),
    })
    expect(readFileSync(journal)).toEqual(damaged)
  })

  test.each(['garbage\n', '12345678 {"type":"giv', '\0\0\0\0\0'])(
    'a session truncates the torn end %j of a journal',
    async (tail) => {
      const root = newFolder()
      const { tools, booked } = booking()
      await makeSession(root, tools)
      const journal = join(root, id, 'cells', '2.jsonl')
      const content = readFileSync(journal)
      appendFileSync(journal, tail)
      await using session = await open(root, tools)
      expect(readFileSync(journal)).toEqual(content)
      await session.terminate('2')
      expect(booked).toEqual([{ label: 'a' }, { label: 'b' }])
    },
  )

  test('createSession() names a missing journal that it rejects, and no cell starts again', async () => {
    const root = newFolder()
    const { tools, booked } = booking()
    await makeSession(root, tools)
    const journal = join(root, id, 'cells', '2.jsonl')
    const content = readFileSync(journal)
    rmSync(journal)
    await expect(open(root, tools)).rejects.toMatchObject({
      code: 'SESSION_INVALID',
      message: `Cannot use "${journal}": the journal of a cell is missing`,
    })
    writeFileSync(journal, content)
    await using session = await open(root, tools)
    expect(session.cells()).toEqual(['2'])
    expect(booked).toEqual([{ label: 'a' }, { label: 'b' }])
  })

  test('a cell with an empty journal repeats no call of the ledger', async () => {
    const root = newFolder()
    const { tools, booked } = booking()
    await makeSession(root, tools)
    truncateSync(join(root, id, 'cells', '2.jsonl'))
    await using session = await open(root, tools)
    expect(session.cells()).toEqual(['2'])
    await session.terminate('2')
    expect(booked).toEqual([{ label: 'a' }, { label: 'b' }])
  })

  test.each(forV8('records', ['first']))(
    'createSession() migrates a session of the %s format with all of its content',
    async () => {
      const root = newFolder()
      const { tools } = booking()
      await makeSession(root, tools)
      convertToFirstFormat(join(root, id, 'session.db'))
      await using session = await open(root, tools)
      const stored = await session.execute('text(load("kept"))')
      expect(stored).toMatchObject({ type: 'completed', items: [{ text: '[1,2]' }] })
      expect(session.cells()).toEqual(['2'])
      expect(session.ledger('2').map(({ state }) => state)).toEqual(['applied', 'applied'])
    },
  )

  test('a timer does not become longer when the clock is set back by a day', async () => {
    const root = newFolder()
    {
      await using session = await open(root)
      await session.execute('await new Promise((r) => setTimeout(r, 100)); text("rang")', { yieldTimeMs: 0 })
    }
    const now = Date.now
    Date.now = () => now() - 86_400_000
    try {
      await using session = await open(root)
      expect(await session.observe('1')).toMatchObject({ type: 'completed', items: [{ text: 'rang' }] })
    } finally {
      Date.now = now
    }
  })

  test('timers that are due after a jump of the clock fire in order', async () => {
    const root = newFolder()
    {
      await using session = await open(root)
      const source = `for (const hours of [3, 1, 2]) setTimeout(() => text(hours + ' h'), hours * 3_600_000)
await new Promise((resolve) => setTimeout(resolve, 4 * 3_600_000))`
      await session.execute(source, { yieldTimeMs: 0 })
    }
    const now = Date.now
    Date.now = () => now() + 86_400_000
    try {
      await using session = await open(root)
      expect(await session.observe('1')).toMatchObject({
        type: 'completed',
        items: [{ text: '1 h' }, { text: '2 h' }, { text: '3 h' }],
      })
    } finally {
      Date.now = now
    }
  })
})

describe('a session that is open', () => {
  test('a process cannot open a session twice', async () => {
    const root = newFolder()
    await using session = await open(root)
    await expect(open(root)).rejects.toMatchObject({
      code: 'SESSION_IN_USE',
      message: `Cannot open the session in "${join(root, id)}": this process has it open`,
    })
    await session.close()
    await using again = await open(root)
    expect(again.id).toBe(id)
  })
})

test.each(['', '.', '..', 'a/b', '../up', 'a\0b', '.hidden', 'x'.repeat(129), 'ü'])(
  'a session cannot have the id %j',
  async (name) => {
    const root = newFolder()
    await expect(createSession({ storage: root, sessionId: name })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    expect(existsSync(join(root, id))).toBe(false)
  },
)

test.skipIf(process.getuid?.() === 0)('createSession() rejects a read-only folder, and names it', async () => {
  const root = newFolder()
  chmodSync(root, 0o500)
  await expect(open(root)).rejects.toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringContaining(root) })
})
