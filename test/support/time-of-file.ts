import { readFileSync } from 'node:fs'
import { afterAll, beforeAll } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** The CPU time of the imports of a file, and the duration of its tests without waits for a core, in milliseconds. */
    ownMs?: number
  }
}

// The delay of a busy machine is not counted, so the limit holds on any machine. Imports wait for the process that prepares them.
const atImports = process.threadCpuUsage()
let importsMs = 0
let atTests = { time: 0, waited: 0 }

beforeAll(() => {
  const { user, system } = process.threadCpuUsage(atImports)
  importsMs = (user + system) / 1000
  atTests = { time: performance.now(), waited: waitedForCoreMs() }
})

// oxlint-disable-next-line no-empty-pattern -- Vitest requires a pattern here
afterAll(({}, { file }) => {
  file.meta.ownMs = importsMs + performance.now() - atTests.time - (waitedForCoreMs() - atTests.waited)
})

/** Returns how long this thread was ready and waited for a core, in milliseconds; 0 if the system does not report it. */
function waitedForCoreMs(): number {
  try {
    const [, nanoseconds = '0'] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')
    return Number(nanoseconds) / 1e6
  } catch {
    return 0
  }
}
