import { expect, test } from 'vitest'
import { pullSession, pushSession } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { newStore, openInFolder, openInStore, readAndClose, sessionId, writeAndClose } from './stored-sessions.ts'

const seeds = Array.from({ length: 6 }, (_, seed) => 7 * seed)

test.each(seeds)(
  'a session from a folder reads the same after each move, with growing epochs (seed %i)',
  async (seed) => {
    const folder = newFolder()
    const store = newStore(folder)
    const moving = { storage: folder, store, sessionId }
    await writeAndClose(openInFolder(folder), seed)
    const before = await readAndClose(openInFolder(folder))

    expect(await pushSession(moving)).toMatchObject({ sessionId, wasMoved: false })
    const inStore = await readAndClose(await openInStore(store))
    expect(inStore.reads).toEqual(before.reads)
    expect(inStore.epoch).toBeGreaterThan(before.epoch)

    await pullSession(moving)
    const back = await readAndClose(openInFolder(folder))
    expect(back.reads).toEqual(before.reads)
    expect(back.epoch).toBeGreaterThan(inStore.epoch)

    await pushSession(moving)
    const again = await readAndClose(await openInStore(store))
    expect(again.reads).toEqual(before.reads)
    expect(again.epoch).toBeGreaterThan(back.epoch)
  },
)

test.each(seeds)('a session from a store reads the same in a folder (seed %i)', async (seed) => {
  const folder = newFolder()
  const store = newStore(folder)
  await writeAndClose(await openInStore(store, false), seed)
  const served = await openInStore(store)
  served.recordClientState?.('{}')
  served.recordNotice?.('1', 'not delivered')
  await served.close()
  const before = await readAndClose(await openInStore(store))
  await pullSession({ storage: folder, store, sessionId })
  const inFolder = await readAndClose(openInFolder(folder))
  expect(inFolder.reads).toEqual(Object.assign({}, before.reads, { client: null, notices: [] }))
  expect(inFolder.epoch).toBeGreaterThan(before.epoch)
})

test('a session that moves between two folders and a store keeps its content', async () => {
  const [folder, other] = [newFolder(), newFolder()]
  const store = newStore(folder)
  await writeAndClose(openInFolder(folder), 1)
  const before = await readAndClose(openInFolder(folder))
  let storage = folder
  for (const next of [other, folder, other]) {
    await pushSession({ storage, store, sessionId })
    await pullSession({ storage: next, store, sessionId })
    expect((await readAndClose(openInFolder(next))).reads).toEqual(before.reads)
    storage = next
  }
})
