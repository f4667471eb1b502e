import { unref } from '../platform/turns.ts'
import type { SessionStore } from '../storage/session-store.ts'

/** Interval between checks that this process still owns a stored session, in milliseconds. */
const intervalMs = 1000

/**
 * Checks the owner of a session at intervals, until it is lost or the watch is disposed: a process that was suspended can lose its
 * session while it has nothing to write. The store calls `onLost`.
 */
export function watchOwner(store: SessionStore): Disposable {
  const timer = setInterval(() => {
    try {
      store.checkOwner()
    } catch {
      clearInterval(timer)
    }
  }, intervalMs)
  unref(timer)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
