import { sha256Of } from '../../platform/hash.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { Baseline } from './baseline.ts'

/** The version of `quickjs-wasi`. */
export const quickJsVersion = '3.7.0'

/** Returns the print of machines with a baseline: it is the same on all platforms. */
export function quickJsPrint({ memory, stackBytes }: Pick<Baseline, 'memory' | 'stackBytes'>): EnginePrint {
  return {
    name: 'quickjs',
    version: quickJsVersion,
    prelude: sha256Of(memory).slice(0, 16),
    flags: `stack=${stackBytes / 1024}k`,
    icu: '',
    tz: '',
    timeZone: '',
    locale: '',
  }
}
