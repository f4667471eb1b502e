import { startInProcessHost } from '../../src/host/in-process.ts'
import { loadEngine } from '../../src/host/load-engine.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { createHostPool, type HostPool } from '../../src/index.ts'
import { LocalHostPool } from '../../src/session/hosts/host-pool.ts'
import { isQuickJs } from './engine.ts'

type Kind = 'default' | 'strict' | 'in-process' | 'quickjs' | 'quickjs-strict' | 'quickjs-in-process'

const pools = new Map<Kind, HostPool>()

/**
 * Returns hosts that all files of a worker share, because the start of a host takes longer than most tests. They
 * live as long as the worker, so callers do not dispose them.
 */
export function sharedHosts(wanted: Kind): HostPool {
  const kind = isQuickJs ? onQuickJs(wanted) : wanted
  const known = pools.get(kind)
  if (known !== undefined) return known
  const pool = createPool(kind)
  pools.set(kind, pool)
  return pool
}

function onQuickJs(kind: Kind): Kind {
  if (kind === 'default') return 'quickjs'
  if (kind === 'strict') return 'quickjs-strict'
  return kind === 'in-process' ? 'quickjs-in-process' : kind
}

function createPool(kind: Kind): HostPool {
  switch (kind) {
    case 'in-process':
      return inProcessHostPool()
    case 'quickjs-in-process':
      return new LocalHostPool({
        place: () => startInProcessHost(() => loadEngine('quickjs')),
        engine: 'quickjs',
        min: 1,
        max: 1,
        warmIsolates: 2,
        memoryMb: 64,
      })
    case 'quickjs':
      return createHostPool({ engine: 'quickjs', size: 1 })
    case 'quickjs-strict':
      return createHostPool({ engine: 'quickjs', profile: 'strict', size: 1 })
    default:
      return createHostPool({ profile: kind, size: 1 })
  }
}
