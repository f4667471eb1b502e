import { cpSync, readdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { readSession, readSessions } from '../../../src/index.ts'
import { pullSession, pushSession, type SharedStore } from '../../../src/store.ts'
import { LogStore } from '../../../src/storage/shared/shared-store.ts'
import { newFolder } from '../../support/folder.ts'
import { newStore, openInFolder, openInStore, readAndClose, sessionId, writeAndClose } from './stored-sessions.ts'

let folder = ''
let store: SharedStore
let moving: Parameters<typeof pushSession>[0]
beforeEach(async () => {
  folder = newFolder()
  store = newStore(folder)
  moving = { storage: folder, store, sessionId }
  await writeAndClose(openInFolder(folder), 1)
})

describe('a session that was moved', () => {
  test('is refused in its folder, which names the store and keeps the session unchanged', async () => {
    await pushSession(moving)
    const text =
      /^Cannot open the session in ".*": it was moved to session "default\/s" of the store ".*store.db"; open/
    const refused = expect.objectContaining({ code: 'SESSION_MOVED', message: expect.stringMatching(text) })
    expect(() => openInFolder(folder)).toThrow(refused)
    expect(() => readSession({ storage: folder, sessionId })).toThrow(refused)
    expect(readSessions({ storage: folder })).toMatchObject([
      { type: 'unreadable', message: expect.stringMatching(text) },
    ])
    expect(() => openInFolder(folder)).toThrow(refused)
  })

  test('is refused in its store, which names the folder', async () => {
    await pushSession(moving)
    await pullSession(moving)
    const text = `session "default/s" of the store: it was moved to the folder "${join(folder, 's')}" on `
    const refused = { code: 'SESSION_MOVED', message: expect.stringContaining(text) }
    await expect(openInStore(store)).rejects.toMatchObject(refused)
    await expect(readSession({ store, sessionId })).rejects.toMatchObject(refused)
    expect(await readSessions({ store })).toMatchObject([{ type: 'unreadable', id: sessionId }])
    const logs = await LogStore.logsOf(store)
    expect(await logs.takeDue(10, { has: [] })).toEqual([])
  })

  test('is moved once, however often the command runs', async () => {
    expect(await pushSession(moving)).toMatchObject({ wasMoved: false })
    const { cells, calls } = await pushSession(moving)
    expect(await pushSession(moving)).toEqual({ sessionId, wasMoved: true, cells, calls })
    const open = await openInStore(store)
    expect(await pushSession(moving)).toMatchObject({ wasMoved: true })
    await open.close()
    expect(await pullSession(moving)).toMatchObject({ wasMoved: false })
    expect(await pullSession(moving)).toMatchObject({ wasMoved: true })
    const inFolder = openInFolder(folder)
    expect(await pullSession(moving)).toMatchObject({ wasMoved: true })
    await inFolder.close()
  })

  test('is not moved to a second store, or from a store to a second folder', async () => {
    await pushSession(moving)
    const second = newStore(newFolder())
    const refused = { code: 'SESSION_MOVED' }
    await expect(pushSession({ ...moving, store: second })).rejects.toMatchObject(refused)
    expect(await readSessions({ store: second })).toEqual([])
    await pullSession(moving)
    await expect(pullSession({ ...moving, storage: newFolder() })).rejects.toMatchObject(refused)
  })
})

describe('a session in use', () => {
  test.each(['push', 'pull'])('is not moved by %s, in either location', async (verb) => {
    if (verb === 'pull') await pushSession(moving)
    const move = verb === 'push' ? pushSession : pullSession
    const open = verb === 'push' ? openInFolder(folder) : await openInStore(store)
    await expect(move(moving)).rejects.toMatchObject({ code: 'SESSION_IN_USE' })
    await open.close()
    expect(await move(moving)).toMatchObject({ wasMoved: false })
  })

  test('of the same name in the target is not moved', async () => {
    const open = await openInStore(store, false)
    await expect(pushSession(moving)).rejects.toMatchObject({ code: 'SESSION_IN_USE' })
    await writeAndClose(open, 2)
    await expect(pushSession(moving)).rejects.toMatchObject({ code: 'SESSION_EXISTS' })
    await readAndClose(openInFolder(folder))
  })
})

describe('a target with another session', () => {
  test('is not replaced by push, and stays usable', async () => {
    await writeAndClose(await openInStore(store, false), 2)
    const before = await readAndClose(await openInStore(store))
    const message = expect.stringContaining('it has another session of this name; nothing was moved')
    await expect(pushSession(moving)).rejects.toMatchObject({ code: 'SESSION_EXISTS', message })
    expect((await readAndClose(await openInStore(store))).reads).toEqual(before.reads)
    await readAndClose(openInFolder(folder))
  })

  test('is not replaced by pull, and stays usable', async () => {
    await pushSession(moving)
    const other = newFolder()
    await writeAndClose(openInFolder(other), 2)
    await expect(pullSession({ ...moving, storage: other })).rejects.toMatchObject({ code: 'SESSION_EXISTS' })
    await readAndClose(openInFolder(other))
    await readAndClose(await openInStore(store))
  })

  test('is not replaced by an older copy of the folder', async () => {
    const copy = newFolder()
    await pushSession(moving)
    await pullSession(moving)
    cpSync(join(folder, sessionId), join(copy, sessionId), { recursive: true })
    await pushSession(moving)
    const fromCopy = { ...moving, storage: copy }
    const message = expect.stringContaining('it has a later state of the same session')
    await expect(pushSession(fromCopy)).rejects.toMatchObject({ code: 'SESSION_EXISTS', message })
    await pullSession(moving)
    await expect(pushSession(fromCopy)).rejects.toMatchObject({ code: 'SESSION_EXISTS', message })
    await readAndClose(openInFolder(folder))
  })

  test('is replaced when it is empty', async () => {
    await (await openInStore(store, false)).close()
    expect(await pushSession(moving)).toMatchObject({ wasMoved: false })
    const other = newFolder()
    await openInFolder(other).close()
    expect(await pullSession({ ...moving, storage: other })).toMatchObject({ wasMoved: false })
  })
})

test('a session of another tenant is neither found nor replaced', async () => {
  const acme = newStore(folder, { tenant: 'acme' })
  await pushSession({ ...moving, store: acme })
  await expect(pullSession(moving)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  const other = newFolder()
  await writeAndClose(openInFolder(other), 2)
  expect(await pushSession({ ...moving, storage: other })).toMatchObject({ wasMoved: false })
  await readAndClose(await openInStore(acme))
})

test('a session that does not exist is not created', async () => {
  const missing = { ...moving, sessionId: 'missing' }
  await expect(pushSession(missing)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  await expect(pullSession(missing)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  expect(readdirSync(folder)).not.toContain('missing')
  await expect(pushSession({ ...moving, storage: join(folder, 'nowhere') })).rejects.toMatchObject({
    code: 'SESSION_NOT_FOUND',
  })
})

test.each([{ storage: '' }, { storage: 7 }, { store: {} }, { sessionId: '../x' }, { sessionId: 7 }, { sesionId: 's' }])(
  'the options %j are refused',
  async (wrong) => {
    for (const move of [pushSession, pullSession]) {
      await expect(move({ ...moving, ...Object(wrong) })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    }
  },
)

test('a store that returns other content than was written keeps the session in its folder', async () => {
  const logs = await LogStore.logsOf(store)
  const read = vi.spyOn(logs, 'read').mockImplementation(async (name) => {
    read.mockRestore()
    const report = await logs.read(name)
    return { ...report, records: report.records.slice(0, -1) }
  })
  await expect(pushSession(moving)).rejects.toMatchObject({ code: 'SESSION_INVALID' })
  await readAndClose(openInFolder(folder))
  await expect(openInStore(store)).rejects.toMatchObject({
    code: 'SESSION_MOVED',
    message: expect.stringContaining('is not complete; repeat "codecell sessions push"'),
  })
  expect(await pushSession(moving)).toMatchObject({ wasMoved: false })
})

test('a folder with a damaged row is not moved', async () => {
  using database = new DatabaseSync(join(folder, sessionId, 'session.db'))
  database.exec('DROP TRIGGER cells_updated; UPDATE cells SET source = source || 1 WHERE cell = 1')
  database.close()
  await expect(pushSession(moving)).rejects.toMatchObject({ code: 'SESSION_INVALID' })
  expect(await readSessions({ store })).toEqual([])
})
