import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

const calls = 1000
const program = `for (let n = 0; n < ${calls}; n++) await tools.echo({ n })`

/** Nested calls in sequence. */
export const sequentialCalls: Workload = {
  name: 'sequential-calls',
  measures: [{ title: '1,000 sequential calls, each', unit: 'µs' }],
  needs: [],
  rounds: 10,
  timeoutMs: 60_000,
  isMemoryWatched: false,
  async round({ running }) {
    return [[((await timed(() => running.run(program))) * 1000) / calls]]
  },
}
