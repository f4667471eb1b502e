import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

/** Many nested calls of one cell that all start before the first result. */
export const parallelCalls: Workload = callsAtOnce('parallel-calls', 1000)
/** The maximum that the reference accepts at once. */
export const callBurst: Workload = callsAtOnce('call-burst', 4000)

function callsAtOnce(name: string, calls: number): Workload {
  const program = `
    const results = await Promise.all(Array.from({ length: ${calls} }, (_, n) => tools.echo({ n })))
    text(results.reduce((sum, { n }) => sum + n, 0))
  `
  const expected = String((calls * (calls - 1)) / 2)
  return {
    name,
    measures: [{ title: `${calls.toLocaleString('en')} parallel calls`, unit: 'ms' }],
    needs: ['parallel-calls'],
    rounds: 10,
    timeoutMs: 20_000,
    isMemoryWatched: false,
    async round({ running }) {
      let output: readonly string[] = []
      const ms = await timed(async () => {
        output = await running.run(program)
      })
      if (output[0] !== expected) throw new Error(`the sum is ${output[0]}`)
      return [[ms]]
    },
  }
}
