import { inProcessHostPool } from '../../src/in-process.ts'
import { createHostPool, type HostPool } from '../../src/index.ts'

type Kind = 'default' | 'strict' | 'in-process'

const pools = new Map<Kind, HostPool>()

/**
 * Returns hosts that all files of a worker share, because the start of a host takes longer than most tests. They
 * live as long as the worker, so callers do not dispose them.
 */
export function sharedHosts(kind: Kind): HostPool {
  const known = pools.get(kind)
  if (known !== undefined) return known
  const pool = kind === 'in-process' ? inProcessHostPool() : createHostPool({ profile: kind, size: 1 })
  pools.set(kind, pool)
  return pool
}
