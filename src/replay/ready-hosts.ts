import type { HostPool } from '../session/hosts/host-pool.ts'

const longMs = 2 ** 30

/** Resolves when a host runs. Hosts do not keep a process alive, so that this has to. Throws `HOST_START_FAILED`. */
export async function readyHosts(hosts: HostPool): Promise<void> {
  const timer = setInterval(() => undefined, longMs)
  try {
    await hosts.warm(null)
  } finally {
    clearInterval(timer)
  }
}
