import type { SessionLogs, SessionName } from '../../../storage/logs/session-logs.ts'

/** Interval between checks, in milliseconds. */
const everyMs = 5000

/**
 * Aborts `signal` when the node no longer has the session. A node that stands still accepts connections, and does not respond;
 * when its lease is over, another node takes its sessions.
 */
export function watchOwner(
  logs: Pick<SessionLogs, 'ownerOf'>,
  name: SessionName,
  node: string,
): Disposable & { readonly signal: AbortSignal } {
  const lost = new AbortController()
  const timer = setInterval(() => {
    logs.ownerOf(name).then(
      (owner) => {
        if (owner?.node !== node) lost.abort(new Error('another node has the session'))
      },
      // While the store is away, the owner stays what it is.
      () => undefined,
    )
  }, everyMs).unref()
  return { signal: lost.signal, [Symbol.dispose]: () => clearInterval(timer) }
}
