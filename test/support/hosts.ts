import { startInProcessHost } from '../../src/host/in-process.ts'
import { QuickJsEngine } from '../../src/host/quickjs-threads/quickjs-engine.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { createHostPool, type HostPool } from '../../src/index.ts'
import { createPlacedPool } from '../../src/session/hosts/create-host-pool.ts'
import { LocalHostPool } from '../../src/session/hosts/host-pool.ts'
import { startChildTransport } from '../../src/session/hosts/process/child-transport.ts'

type Kind = 'default' | 'strict' | 'in-process' | 'quickjs' | 'quickjs-strict' | 'quickjs-in-process'

const pools = new Map<Kind, HostPool>()

/**
 * Returns hosts that all files of a worker share, because the start of a host takes longer than most tests. They
 * live as long as the worker, so callers do not dispose them.
 */
export function sharedHosts(kind: Kind): HostPool {
  const known = pools.get(kind)
  if (known !== undefined) return known
  const pool = createPool(kind)
  pools.set(kind, pool)
  return pool
}

function createPool(kind: Kind): HostPool {
  switch (kind) {
    case 'in-process':
      return inProcessHostPool()
    case 'quickjs-in-process':
      return new LocalHostPool({
        place: () => startInProcessHost(() => Promise.resolve(new QuickJsEngine())),
        min: 1,
        max: 1,
        warmIsolates: 2,
        memoryMb: 64,
      })
    case 'quickjs':
    case 'quickjs-strict':
      return quickJsHosts({ profile: kind === 'quickjs' ? 'default' : 'strict' })
    default:
      return createHostPool({ profile: kind, size: 1 })
  }
}

/** Returns a new pool with one host process with the engine QuickJS. */
export function quickJsHosts(options: Parameters<typeof createHostPool>[0] = {}): HostPool {
  const place = (needs: Parameters<typeof startChildTransport>[0]) =>
    startChildTransport({ ...needs, engineName: 'quickjs' })
  return createPlacedPool({ place }, { size: 1, ...options })
}
