import type { Workload } from '../workload.ts'

/** Runs one program in a new process, as a command-line tool does. */
export const coldStart: Workload = {
  name: 'cold-start',
  measures: [{ title: 'Cold start to first output', unit: 'ms' }],
  needs: [],
  rounds: 12,
  timeoutMs: 60_000,
  isMemoryWatched: false,
  async round({ rival }) {
    return [[await rival.coldStart()]]
  },
}
