import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

/** Cells in sequence, without a pause. */
export const oneAtOnce: Workload = cellsAtOnce(1)
/** The load of a few agents. */
export const eightAtOnce: Workload = cellsAtOnce(8)
/** The load of a busy server. */
export const sixtyFourAtOnce: Workload = cellsAtOnce(64)

function cellsAtOnce(atOnce: number): Workload {
  return {
    name: `cells-${atOnce}`,
    measures: [
      { title: `500 cells, ${atOnce} at once`, unit: 'per second' },
      { title: `500 cells, ${atOnce} at once: peak memory of hosts`, unit: 'MB' },
    ],
    needs: [],
    rounds: 4,
    timeoutMs: 120_000,
    isMemoryWatched: true,
    async round({ running, quick }) {
      const cells = quick ? 100 : 500
      let left = cells
      const ms = await timed(() => Promise.all(Array.from({ length: atOnce }, worker)))
      return [[(cells * 1000) / ms]]

      async function worker(): Promise<void> {
        while (left-- > 0) await running.run('text("hi")')
      }
    },
  }
}
