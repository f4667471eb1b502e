import { readFileSync } from 'node:fs'
import { afterAll } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** How long a file of unit tests took, its imports included and without what it waited for a core, in milliseconds. */
    ownMs?: number
  }
}

// What a busy machine adds is not the file's: so a limit on this holds on any.
const begin = { at: performance.now(), waited: waitedForCoreMs() }

// oxlint-disable-next-line no-empty-pattern -- Vitest wants a pattern in this place
afterAll(({}, { file }) => {
  file.meta.ownMs = performance.now() - begin.at - (waitedForCoreMs() - begin.waited)
})

/** How long this thread could have run and had no core, in milliseconds. 0 where the system does not tell. */
function waitedForCoreMs(): number {
  try {
    const [, nanoseconds = '0'] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')
    return Number(nanoseconds) / 1e6
  } catch {
    return 0
  }
}
