import { readFileSync } from 'node:fs'
import { afterAll, beforeAll } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** CPU time of a file's imports, and how long its tests took without what they waited for a core, in milliseconds. */
    ownMs?: number
  }
}

// What a busy machine adds is not the file's, so a limit on this holds on any. Imports wait for the process that prepares them.
const atImports = process.threadCpuUsage()
let importsMs = 0
let atTests = { time: 0, waited: 0 }

beforeAll(() => {
  const { user, system } = process.threadCpuUsage(atImports)
  importsMs = (user + system) / 1000
  atTests = { time: performance.now(), waited: waitedForCoreMs() }
})

// oxlint-disable-next-line no-empty-pattern -- Vitest wants a pattern in this place
afterAll(({}, { file }) => {
  file.meta.ownMs = importsMs + performance.now() - atTests.time - (waitedForCoreMs() - atTests.waited)
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
