import type { EngineName } from '../../protocol/engine-name.ts'

/** Returns the only engine of web platforms. */
export function chooseEngine(): EngineName {
  return 'quickjs'
}
