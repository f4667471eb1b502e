import type { LocalHostPool } from '../session/hosts/host-pool.ts'

const longMs = 2 ** 30

/** Resolves when a host is running. Keeps the process alive, because hosts are unref'ed. Throws `HOST_START_FAILED`. */
export async function readyHosts(hosts: LocalHostPool): Promise<void> {
  const timer = setInterval(() => undefined, longMs)
  try {
    await hosts.warm()
  } finally {
    clearInterval(timer)
  }
}
