import { afterAll } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** CPU time of the thread that a file of unit tests ran on, in milliseconds. */
    cpuMs?: number
  }
}

// How much CPU time a file takes, its imports included: a machine that is busy with something else changes nothing of it.
const before = process.threadCpuUsage()

// oxlint-disable-next-line no-empty-pattern -- Vitest wants a pattern in this place
afterAll(({}, { file }) => {
  const { user, system } = process.threadCpuUsage(before)
  file.meta.cpuMs = (user + system) / 1000
})
