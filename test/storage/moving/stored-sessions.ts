import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { DiskSessionStore } from '../../../src/storage/disk/disk-session-store.ts'
import { openSharedSession } from '../../../src/storage/shared/open-shared-session.ts'
import type { SessionStore } from '../../../src/storage/session-store.ts'
import { sqliteStore, type SharedStore, type StoreOptions } from '../../../src/store.ts'
import { readsOf } from '../store-reads.ts'
import { StoreSteps } from '../store-steps.ts'

/** The id of the session that the tests move. */
export const sessionId = 's'

const limits = { maxReplayCharsInMemory: 2_000_000, maxSpillBytes: 10_000_000 }

export function openInFolder(storage: string): SessionStore {
  return DiskSessionStore.open(storage, sessionId, { fsync: false, mustExist: false, onFailure: () => undefined })
}

export async function openInStore(store: SharedStore, mustExist = true): Promise<SessionStore> {
  return await openSharedSession(store, sessionId, { mustExist, limits })
}

/** Returns a store in a file of the folder, which is closed after the test. */
export function newStore(folder: string, options: StoreOptions = {}): SharedStore {
  const store = sqliteStore(join(folder, 'store.db'), options)
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

/** Writes a session, and closes it. The same seed writes the same. */
export async function writeAndClose(session: SessionStore, seed: number, count = 60): Promise<void> {
  const steps = new StoreSteps(session, seed, 'long '.repeat(20_000))
  for (let step = 0; step < count; step++) steps.step()
  await session.close()
}

/** Returns what a session reads, and its epoch, and closes it. */
export async function readAndClose(
  session: SessionStore,
): Promise<{ readonly reads: unknown; readonly epoch: number }> {
  const found = { reads: readsOf(session), epoch: session.epoch }
  await session.close()
  return found
}
