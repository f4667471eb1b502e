import { spawn } from 'node:child_process'
import { DatabaseSync } from 'node:sqlite'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CodecellError } from '../../../src/errors.ts'
import type { SessionStore } from '../../../src/storage/session-store.ts'
import type { MoveStep } from '../../../src/storage/moving/move-parts.ts'
import { postgresStore, pullSession, pushSession, sqliteStore, type SharedStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { newSchema, runSql, skippedWithoutPostgres } from '../../support/postgres/shared-server.ts'
import { openInFolder, openInStore, readAndClose, sessionId, writeAndClose } from './stored-sessions.ts'

const script = new URL('moving-process.ts', import.meta.url).pathname

/** Runs a process that moves the session, and ends it with SIGKILL after a step or a time. Returns whether it had moved it. */
async function killMove(args: readonly string[], killAfterMs: number | null = null): Promise<boolean> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk) => {
    if (printed === '' && killAfterMs !== null) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    printed += String(chunk)
  })
  await once(child, 'close')
  return printed.includes('moved')
}

type Place = { readonly url: string; readonly store: SharedStore; readonly endLeases: () => Promise<void> }

function inSqlite(): Place {
  const path = join(newFolder(), 'store.db')
  const store = sqliteStore(path)
  onTestFinished(() => store[Symbol.asyncDispose]())
  const endLeases = async (): Promise<void> => {
    using database = new DatabaseSync(path, { timeout: 10_000 })
    database.exec(`UPDATE nodes SET lease_until = 0 WHERE node IN (SELECT owner FROM sessions)`)
  }
  return { url: `sqlite:${path}`, store, endLeases }
}

async function inPostgres(): Promise<Place> {
  const { url, schema } = await newSchema()
  const store = postgresStore(url)
  onTestFinished(() => store[Symbol.asyncDispose]())
  const sql = `UPDATE ${schema}.nodes SET lease_until = 0 WHERE node IN (SELECT owner FROM ${schema}.sessions)`
  return { url, store, endLeases: () => runSql(url, sql) }
}

/** Opens a session, or returns null when it is refused as moved or missing. */
async function opened(open: () => SessionStore | Promise<SessionStore>): Promise<SessionStore | null> {
  try {
    return await open()
  } catch (error) {
    if (CodecellError.is(error, 'SESSION_MOVED') || CodecellError.is(error, 'SESSION_NOT_FOUND')) return null
    throw error
  }
}

type Killing = {
  readonly place: Place
  readonly verb: 'push' | 'pull'
  readonly kill: (args: string[]) => Promise<boolean>
}

/** Kills a move, checks that at most one location opens the session, and that the repeated move is complete. */
async function checkKilledMove({ place, verb, kill }: Killing): Promise<void> {
  const { store, url } = place
  const storage = newFolder()
  const moving = { storage, store, sessionId }
  await writeAndClose(openInFolder(storage), 3)
  const { reads } = await readAndClose(openInFolder(storage))
  if (verb === 'pull') await pushSession(moving)
  const wasMoved = await kill([verb, storage, url])
  await place.endLeases().catch(() => undefined)
  const isThere = existsSync(join(storage, sessionId, 'session.db'))
  const open = isThere ? await opened(() => openInFolder(storage)) : null
  const there = await opened(() => openInStore(store))
  const both = [open, there].filter((session) => session !== null && session.cellCount > 0)
  expect(both.length).toBeLessThanOrEqual(1)
  if (wasMoved) expect(both).toEqual([verb === 'push' ? there : open])
  for (const session of [open, there]) await session?.close()
  await (verb === 'push' ? pushSession(moving) : pullSession(moving))
  const target = verb === 'push' ? await openInStore(store) : openInFolder(storage)
  expect((await readAndClose(target)).reads).toEqual(reads)
  expect(await opened(verb === 'push' ? () => openInFolder(storage) : () => openInStore(store))).toBeNull()
}

const pushSteps: readonly MoveStep[] = [
  'opened',
  'numbered',
  'claimed',
  'announced',
  'copied',
  'compared',
  'marked',
  'posted',
  'activated',
]
const pullSteps: readonly MoveStep[] = [
  'claimed',
  'numbered',
  'opened',
  'announced',
  'copied',
  'compared',
  'marked',
  'posted',
  'activated',
  'emptied',
]
const steps = [...pushSteps.map((step) => ['push', step] as const), ...pullSteps.map((step) => ['pull', step] as const)]

describe('a session whose move is killed', () => {
  test.each(steps)(
    'in SQLite by %s after the step "%s" is in one location, and whole when it is moved again',
    async (verb, step) => {
      await checkKilledMove({ place: inSqlite(), verb, kill: (args) => killMove([...args, step]) })
    },
  )

  test.runIf(skippedWithoutPostgres() === null).each(steps)(
    'in PostgreSQL by %s after the step "%s" is in one location, and whole when it is moved again',
    async (verb, step) => {
      await checkKilledMove({ place: await inPostgres(), verb, kill: (args) => killMove([...args, step]) })
    },
  )

  test.each(Array.from({ length: 16 }, (_, at) => [at % 2 === 0 ? 'push' : 'pull', 10 * at] as const))(
    'by %s after %i ms is in one location, and whole when it is moved again',
    async (verb, killAfterMs) => {
      await checkKilledMove({ place: inSqlite(), verb, kill: (args) => killMove(args, killAfterMs) })
    },
  )

  // A pull removes the files that an earlier push has left, before it replaces the rows.
  test.each([
    ['all journals', (name: string) => name.endsWith('.jsonl')],
    ['one journal', (name: string) => name === '12.jsonl'],
    ['all files of cells', () => true],
  ])('is pulled into its folder without %s', async (_name, isRemoved) => {
    const storage = newFolder()
    const moving = { storage, store: inSqlite().store, sessionId }
    await writeAndClose(openInFolder(storage), 3)
    const { reads } = await readAndClose(openInFolder(storage))
    await pushSession(moving)
    const cells = join(storage, sessionId, 'cells')
    const removed = readdirSync(cells).filter(isRemoved)
    for (const name of removed) rmSync(join(cells, name))
    expect(removed.length).toBeGreaterThan(0)
    await pullSession(moving)
    expect((await readAndClose(openInFolder(storage))).reads).toEqual(reads)
  })
})
