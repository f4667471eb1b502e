import { randomUUID } from '../platform/random.ts'
import { CodecellError, messageOf } from '../errors.ts'
import { DiskSessionStore } from '../storage/disk/disk-session-store.ts'
import { MemorySessionStore } from '../storage/memory/memory-session-store.ts'
import type { SessionStore } from '../storage/session-store.ts'
import { openSharedSession } from '../storage/shared/open-shared-session.ts'
import { checkOptions } from '../options/check-options.ts'
import type { SessionOptions } from './api/session-options.ts'
import type { Limits } from './common/limits.ts'
import { storageOptionNames } from './api/option-names.ts'

/**
 * Opens the store of a session, with its content.
 *
 * @throws {CodecellError} `INVALID_OPTION` when the path of the folder is empty or both `storage` and `store` are given, and the errors
 * of {@link DiskSessionStore.open} and {@link openSharedSession}.
 */
export async function openStore(
  { storage, store, sessionId = randomUUID() }: Pick<SessionOptions, 'storage' | 'store' | 'sessionId'>,
  { mustExist, limits }: { readonly mustExist: boolean; readonly limits: Limits },
): Promise<SessionStore> {
  if (typeof storage !== 'string') checkOptions('storage', storage, storageOptionNames)
  checkOneStorage({ storage, store })
  if (store !== undefined) return await openSharedSession(store, sessionId, { mustExist, limits })
  if (storage === undefined) return new MemorySessionStore(sessionId, limits)
  const { dir, fsync = false } = typeof storage === 'string' ? { dir: storage } : storage
  if (dir === '') {
    throw new CodecellError('INVALID_OPTION', 'Cannot store sessions in "": expected the path of a folder', {
      details: { option: 'storage', value: dir, expected: 'the path of a folder' },
    })
  }
  return DiskSessionStore.open(dir, sessionId, {
    fsync,
    mustExist,
    onFailure: (error) =>
      process.emitWarning(
        `Cannot write a session: ${messageOf(error)}; no cell or call starts until writing succeeds`,
        {
          type: 'CodecellWarning',
        },
      ),
  })
}

/**
 * Rejects a session that is to be stored in two locations.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function checkOneStorage({ storage, store }: { readonly storage?: unknown; readonly store?: unknown }): void {
  if (storage === undefined || store === undefined) return
  throw new CodecellError(
    'INVALID_OPTION',
    'Cannot store sessions: expected the option "storage" or "store", got both',
    {
      details: { option: 'store', expected: 'one of "storage" and "store"' },
    },
  )
}
