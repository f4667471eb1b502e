import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects garbage, also in a process that was started without `--expose-gc`. */
export async function collectGarbage(): Promise<void> {
  // The target of a weak reference that was read stays alive until the end of the turn.
  await nextTurn()
  // Only for this context: isolates of later tests in this process would have the function too.
  setFlagsFromString('--expose-gc')
  runInNewContext('gc()')
  setFlagsFromString('--no-expose-gc')
  await nextTurn()
}
