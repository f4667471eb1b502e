import './installation/check-node.ts'
import { startInProcessHost } from './host/in-process.ts'
import type { HostPool } from './session/api/host-pool.ts'
import { LocalHostPool } from './session/hosts/host-pool.ts'
import { limitRanges } from './session/limits.ts'

/**
 * Hosts inside this process, for tests and for embedders who choose it: there is no boundary between a cell and this
 * process, and no watch over memory. Node must have been started with `--no-node-snapshot`.
 */
export function inProcessHostPool(): HostPool {
  const memoryMb = limitRanges.maxMemoryMbPerCell.default
  return new LocalHostPool({ start: startInProcessHost, size: 1, spares: 2, memoryMb })
}
