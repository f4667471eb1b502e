import type { Workload } from '../workload.ts'

/** A fresh process that runs one program: what a command-line tool pays. */
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
