import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { createSession, type Session, type Tool } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { schemaSteps } from '../../src/journal/disk/schema.ts'

const id = 'one'

function newRoot(): string {
  return mkdtempSync(join(tmpdir(), 'codecell-damaged-'))
}

async function opened(root: string, tools: readonly Tool[] = []): Promise<Session> {
  return await createSession({ durable: root, id, tools, hosts: inProcessHostPool() })
}

/** A session with a stored value, and a cell that waits for an hour after two calls. */
async function makeSession(root: string, tools: readonly Tool[]): Promise<void> {
  await using session = await opened(root, tools)
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

/** Puts a database of the first format, with the same rows, in the place of one of today. */
function makeFirstFormat(path: string): void {
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

describe('a session folder that is not what it was', () => {
  test('a newer format is refused and left alone', async () => {
    const root = newRoot()
    await makeSession(root, booking().tools)
    const path = join(root, id, 'session.db')
    using database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 999')
    await expect(opened(root)).rejects.toMatchObject({
      code: 'SESSION_INVALID',
      message: `Cannot use "${path}": it has format 999, and this codecell knows formats up to ${schemaSteps.length}; use a newer one`,
    })
    database.exec(`PRAGMA user_version = ${schemaSteps.length}`)
    await using session = await opened(root, booking().tools)
    expect(session.cells()).toEqual(['2'])
  })

  test('a damaged database is refused, and the lease is free again', async () => {
    const root = newRoot()
    await makeSession(root, booking().tools)
    const path = join(root, id, 'session.db')
    const content = readFileSync(path)
    const damaged = Buffer.from(content)
    damaged.fill(0xa5, 100, Math.min(content.length, 9000))
    writeFileSync(path, damaged)
    for (let time = 0; time < 2; time++) {
      await expect(opened(root)).rejects.toMatchObject({
        code: 'SESSION_INVALID',
        message: expect.stringContaining(path),
      })
    }
    writeFileSync(path, content)
    await using session = await opened(root, booking().tools)
    expect(session.cells()).toEqual(['2'])
  })

  test('a journal that is damaged in its middle is refused, with its name', async () => {
    const root = newRoot()
    await makeSession(root, booking().tools)
    const journal = join(root, id, 'cells', '2.jsonl')
    const content = readFileSync(journal)
    const damaged = Buffer.from(content)
    damaged[12] = 0x21
    writeFileSync(journal, damaged)
    await expect(opened(root)).rejects.toMatchObject({
      code: 'SESSION_INVALID',
      message: expect.stringContaining(`Cannot use "${journal}": the journal is damaged after 0 bytes`),
    })
    expect(readFileSync(journal)).toEqual(damaged)
  })

  test.each(['garbage\n', '12345678 {"type":"giv', '\0\0\0\0\0'])('a torn end %j is cut off', async (tail) => {
    const root = newRoot()
    const { tools, booked } = booking()
    await makeSession(root, tools)
    const journal = join(root, id, 'cells', '2.jsonl')
    const content = readFileSync(journal)
    appendFileSync(journal, tail)
    await using session = await opened(root, tools)
    expect(readFileSync(journal)).toEqual(content)
    await session.terminate('2')
    expect(booked).toEqual([{ label: 'a' }, { label: 'b' }])
  })

  test('a journal that is missing is named, and nothing is begun from its beginning', async () => {
    const root = newRoot()
    const { tools, booked } = booking()
    await makeSession(root, tools)
    const journal = join(root, id, 'cells', '2.jsonl')
    const content = readFileSync(journal)
    rmSync(journal)
    await expect(opened(root, tools)).rejects.toMatchObject({
      code: 'SESSION_INVALID',
      message: `Cannot use "${journal}": the journal of a cell is missing`,
    })
    writeFileSync(journal, content)
    await using session = await opened(root, tools)
    expect(session.cells()).toEqual(['2'])
    expect(booked).toEqual([{ label: 'a' }, { label: 'b' }])
  })

  test('of a journal that lost everything, what the ledger has is not done again', async () => {
    const root = newRoot()
    const { tools, booked } = booking()
    await makeSession(root, tools)
    truncateSync(join(root, id, 'cells', '2.jsonl'))
    await using session = await opened(root, tools)
    expect(session.cells()).toEqual(['2'])
    await session.terminate('2')
    expect(booked).toEqual([{ label: 'a' }, { label: 'b' }])
  })

  test('a session of the first format is brought up to date with all that is in it', async () => {
    const root = newRoot()
    const { tools } = booking()
    await makeSession(root, tools)
    makeFirstFormat(join(root, id, 'session.db'))
    await using session = await opened(root, tools)
    const stored = await session.execute('text(load("kept"))')
    expect(stored).toMatchObject({ type: 'completed', items: [{ text: '[1,2]' }] })
    expect(session.cells()).toEqual(['2'])
    expect(session.ledger('2').map(({ state }) => state)).toEqual(['applied', 'applied'])
  })

  test('a clock that was set back by a day makes no timer longer than it was', async () => {
    const root = newRoot()
    {
      await using session = await opened(root)
      await session.execute('await new Promise((r) => setTimeout(r, 300)); text("rang")', { yieldTimeMs: 0 })
    }
    const now = Date.now
    Date.now = () => now() - 86_400_000
    try {
      await using session = await opened(root)
      expect(await session.observe('1')).toMatchObject({ type: 'completed', items: [{ text: 'rang' }] })
    } finally {
      Date.now = now
    }
  })

  test('a clock that jumped ahead fires what is due, in order', async () => {
    const root = newRoot()
    {
      await using session = await opened(root)
      const source = `for (const hours of [3, 1, 2]) setTimeout(() => text(hours + ' h'), hours * 3_600_000)
await new Promise((resolve) => setTimeout(resolve, 4 * 3_600_000))`
      await session.execute(source, { yieldTimeMs: 0 })
    }
    const now = Date.now
    Date.now = () => now() + 86_400_000
    try {
      await using session = await opened(root)
      expect(await session.observe('1')).toMatchObject({
        type: 'completed',
        items: [{ text: '1 h' }, { text: '2 h' }, { text: '3 h' }],
      })
    } finally {
      Date.now = now
    }
  })
})

describe('a session belongs to one process', () => {
  test('a second opening in the same process is refused', async () => {
    const root = newRoot()
    await using session = await opened(root)
    await expect(opened(root)).rejects.toMatchObject({
      code: 'SESSION_IN_USE',
      message: `Cannot open the session in "${join(root, id)}": this process has it open`,
    })
    await session.close()
    await using again = await opened(root)
    expect(again.id).toBe(id)
  })

  test('another process that has it is named, until it is killed', async () => {
    const root = newRoot()
    const script = `
      import { createSession } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)}
      await createSession({ durable: process.argv[1], id: 'one' })
      console.log('open')
      setInterval(() => undefined, 1000)`
    const other = spawn(process.execPath, ['--input-type=module', '-e', script, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(createInterface({ input: other.stdout }), 'line')
    await expect(opened(root)).rejects.toMatchObject({
      code: 'SESSION_IN_USE',
      message: expect.stringContaining(`process ${String(other.pid)} has it open`),
    })
    other.kill('SIGKILL')
    await once(other, 'close')
    await using session = await opened(root)
    expect(session.id).toBe(id)
  })
})

test.each(['', '.', '..', 'a/b', '../up', 'a\0b', '.hidden', 'x'.repeat(129), 'ü'])(
  '%j is no name of a session',
  async (name) => {
    const root = newRoot()
    await expect(createSession({ durable: root, id: name })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    expect(existsSync(join(root, id))).toBe(false)
  },
)

test.skipIf(process.getuid?.() === 0)('a folder that cannot be written is named', async () => {
  const root = newRoot()
  chmodSync(root, 0o500)
  await expect(opened(root)).rejects.toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringContaining(root) })
})
