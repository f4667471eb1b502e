import type { LocalHostPool } from '../session/hosts/host-pool.ts'

const longMs = 2 ** 30

/** Resolves when a host runs. Hosts do not keep a process alive, so that this has to. Throws `HOST_START_FAILED`. */
export async function readyHosts(hosts: LocalHostPool): Promise<void> {
  const timer = setInterval(() => undefined, longMs)
  try {
    await hosts.warm()
  } finally {
    clearInterval(timer)
  }
}
