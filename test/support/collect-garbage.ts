import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects what nothing holds any more, in a process that was started without `--expose-gc`, too. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  // What a weak reference was asked for stays until the turn is over.
  await nextTurn()
  runInNewContext('gc()')
  await nextTurn()
}
