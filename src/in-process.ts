import './installation/check-node.ts'
import { startInProcessHost } from './host/in-process.ts'
import type { HostPool } from './session/api/host-pool.ts'
import { LocalHostPool } from './session/hosts/host-pool.ts'
import { limitRanges } from './session/common/limits.ts'

/**
 * Creates a pool with one host in the current process, for tests. Cells are not isolated from the process, and their memory is not
 * limited. Node must run with `--no-node-snapshot`.
 *
 * @example
 * ```ts
 * await using hosts = inProcessHostPool()
 * ```
 */
export function inProcessHostPool(): HostPool {
  const memoryMb = limitRanges.maxMemoryMbPerCell.default
  return new LocalHostPool({ place: () => startInProcessHost(), min: 1, max: 1, warmIsolates: 2, memoryMb })
}
