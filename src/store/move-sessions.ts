import { checkOptions } from '../options/check-options.ts'
import type { StorageLocation } from '../storage/disk/read-sessions.ts'
import type { MovedSession } from '../storage/moving/move-parts.ts'
import { pullFromStore } from '../storage/moving/pull-session.ts'
import { pushToStore } from '../storage/moving/push-session.ts'
import type { SharedStore } from '../storage/shared/shared-store.ts'
import { invalid } from './store-options.ts'

/** A session, its folder and its store. */
export type MoveSessionOptions = StorageLocation & {
  readonly store: SharedStore
  readonly sessionId: string
}

/**
 * Moves a session from a folder to a shared store, where it resumes when it is opened. The folder keeps a copy, which cannot be opened.
 * After an error or a crash the session is in one of the two locations; make the same call again to complete the move.
 *
 * @throws {CodecellError} `SESSION_IN_USE` when a process has it open; `SESSION_EXISTS` when the store has another session of this
 * name, or a later state of this one; `SESSION_MOVED` when it was moved to another location; `SESSION_NOT_FOUND`, `SESSION_INVALID`,
 * `SESSION_LOST`, `STORAGE_FAILED`, `STORE_UNREACHABLE`, `LIMIT_EXCEEDED`, `INVALID_OPTION`
 * @example
 * ```ts
 * await using store = postgresStore('postgres://agent@db.example/app')
 * await pushSession({ storage: 'sessions', store, sessionId: 'invoices' })
 * ```
 */
export async function pushSession(options: MoveSessionOptions): Promise<MovedSession> {
  return await pushToStore(partsOf('pushSession', options))
}

/**
 * Moves a session from a shared store to a folder, where it resumes when it is opened. The store keeps a mark that the session is
 * there. After an error or a crash the session is in one of the two locations; make the same call again to complete the move.
 *
 * @throws {CodecellError} like {@link pushSession}
 */
export async function pullSession(options: MoveSessionOptions): Promise<MovedSession> {
  return await pullFromStore(partsOf('pullSession', options))
}

function partsOf(
  where: string,
  options: MoveSessionOptions,
): { readonly root: string; readonly store: SharedStore; readonly id: string } {
  checkOptions(where, options, { storage: 'any', store: 'any', sessionId: 'any' })
  const { storage, store, sessionId: id } = options
  const root = typeof storage === 'string' ? storage : storage?.dir
  if (typeof root !== 'string' || root === '') throw invalid('storage', root, 'the path of a folder')
  if (typeof id !== 'string') throw invalid('sessionId', id, 'a string')
  return { root, store, id }
}
