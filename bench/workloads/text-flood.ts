import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

const items = 10_000
const program = `for (let index = 0; index < ${items}; index++) text(index)`

/** Many small pieces of output. */
export const textFlood: Workload = {
  name: 'text-flood',
  measures: [{ title: '10,000 text()', unit: 'ms' }],
  needs: ['output-items'],
  rounds: 10,
  timeoutMs: 30_000,
  isMemoryWatched: false,
  async round({ running }) {
    let output: readonly string[] = []
    const ms = await timed(async () => {
      output = await running.run(program)
    })
    if (output.length !== items) throw new Error(`expected ${items} items, got ${output.length}`)
    return [[ms]]
  },
}
