import type { Workload } from '../workload.ts'

/** A fresh process that runs one program: the cost for a command-line tool. */
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
