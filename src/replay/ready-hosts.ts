import type { EnginePrint } from '../protocol/engine-print.ts'
import type { LocalHostPool } from '../session/hosts/host-pool.ts'

const longMs = 2 ** 30

/**
 * Resolves when a host is running. `engine` is the engine that it must have; null for that of new cells. Keeps the process alive,
 * because hosts are unref'ed. Throws `HOST_START_FAILED`.
 */
export async function readyHosts(hosts: LocalHostPool, engine: EnginePrint | null = null): Promise<void> {
  const timer = setInterval(() => undefined, longMs)
  try {
    await hosts.warmFor(null, engine)
  } finally {
    clearInterval(timer)
  }
}
