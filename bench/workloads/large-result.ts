import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

const program = `
  const rows = await tools.large({})
  text(JSON.stringify(rows.filter(({ id }) => id === 77_777)))
`

/** A tool result that must not reach the model: 10 MB enter the cell, some 100 bytes leave it. */
export const largeResult: Workload = {
  name: 'large-result',
  measures: [{ title: '10 MB tool result filtered to 100 bytes', unit: 'ms' }],
  needs: [],
  rounds: 8,
  timeoutMs: 60_000,
  isMemoryWatched: false,
  async round({ running }) {
    return [[await timed(() => running.run(program))]]
  },
}
