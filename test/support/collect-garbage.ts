import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects garbage, also in a process that was started without `--expose-gc`. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  // The target of a weak reference that was read stays alive until the end of the turn.
  await nextTurn()
  runInNewContext('gc()')
  await nextTurn()
}
