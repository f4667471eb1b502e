import { sha256Of } from '../../platform/hash.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { Baseline } from './baseline.ts'

/** The version of `quickjs-wasi`. */
export const quickJsVersion = '3.7.0'

/** Returns the print of machines with a baseline: it is the same on all platforms. */
export function quickJsPrint(baseline: Pick<Baseline, 'memory' | 'stackBytes' | 'digest'>): EnginePrint {
  return {
    name: 'quickjs',
    version: quickJsVersion,
    prelude: baseline.digest ?? memoryDigest(baseline.memory),
    flags: `stack=${baseline.stackBytes / 1024}k`,
    icu: '',
    tz: '',
    timeZone: '',
    locale: '',
  }
}

/** Returns the digest of a baseline's memory in a print. */
export function memoryDigest(memory: Uint8Array): string {
  return sha256Of(memory).slice(0, 16)
}
