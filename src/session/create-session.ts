import type { SessionStore } from '../storage/session-store.ts'
import { checkOptions } from '../options/check-options.ts'
import { outsideSession, sessionOptionNames } from './api/option-names.ts'
import type { Session, SessionOptions } from './api/session-options.ts'
import { evictAfterMsOf } from './cell/eviction.ts'
import { resolveLimits, type Limits } from './common/limits.ts'
import { keepingAlive } from './common/timing.ts'
import { openStore } from './durable-store.ts'
import { createServices } from './services/session-services.ts'
import { CodecellSession } from './session.ts'

/**
 * Creates a session, and waits until a host runs.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown option or an invalid value; `HOST_START_FAILED` when no host starts; for
 * a stored session also `SESSION_IN_USE`, `SESSION_INVALID` and `STORAGE_FAILED`; for one in a shared store `STORE_UNREACHABLE`.
 * @throws The reason of `signal` when it is aborted already.
 * @example
 * ```ts
 * await using session = await createSession({
 *   tools: [{ name: 'six', call: () => 6 }],
 * })
 * console.log(await session.execute('text(await tools.six() * 7)'))
 * ```
 */
export async function createSession(options: SessionOptions = {}): Promise<Session> {
  return await open(options, false)
}

/**
 * Opens an existing stored session, and resumes its cells.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND` when the session does not exist, and the errors of {@link createSession}
 * @example
 * ```ts
 * await using session = await openSession({ storage: 'sessions', sessionId: 'invoices', tools })
 * ```
 */
export async function openSession(
  options: SessionOptions & Required<Pick<SessionOptions, 'sessionId'>> & StoredIn,
): Promise<Session> {
  return await open(options, true)
}

type StoredIn = Required<Pick<SessionOptions, 'storage'>> | Required<Pick<SessionOptions, 'store'>>

async function open(options: SessionOptions, mustExist: boolean): Promise<Session> {
  return await openSessionOn(options, async (limits) => await openStore(options, { mustExist, limits }))
}

/** Opens a session on the store that `load` returns, which replaces `options.storage`. */
export async function openSessionOn(
  options: SessionOptions,
  load: (limits: Limits) => Promise<SessionStore>,
): Promise<Session> {
  checkOptions('createSession', options, sessionOptionNames, outsideSession)
  options.signal?.throwIfAborted()
  const limits = resolveLimits(options.limits)
  const evictAfterMs = evictAfterMsOf(options.evictAfterMs)
  const store = await load(limits)
  let session: CodecellSession
  try {
    options.signal?.throwIfAborted()
    session = new CodecellSession(createServices(options, store, { limits, evictAfterMs }))
  } catch (error) {
    await store.close({ isDue: true })
    throw error
  }
  try {
    await keepingAlive(session.warm())
    session.recordEngine()
    await keepingAlive(session.takeInbox())
    session.resume()
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}
