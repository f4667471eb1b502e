import { setTimeout as pause } from 'node:timers/promises'
import { hostMegabytes } from '../process-memory.ts'
import type { Workload } from '../workload.ts'

const cells = 100

/** How long memory is given to come to rest, in milliseconds. */
const settleMs = 500

/** Cells that wait for a tool, as when it asks a person. */
export const waitingCells: Workload = {
  name: 'waiting-cells',
  measures: [{ title: '100 cells waiting on a tool, each', unit: 'MB' }],
  needs: [],
  rounds: 2,
  timeoutMs: 60_000,
  isMemoryWatched: false,
  async round({ rival, running, tools }) {
    await running.run('text("hi")')
    await pause(settleMs)
    const before = hostMegabytes(process.pid, rival)
    const ends = Array.from({ length: cells }, () => running.run('await tools.hold({}); text("done")'))
    // The arrival of all calls, or the first cell that fails instead.
    await Promise.race([tools.heldCalls(cells), Promise.all(ends)])
    await pause(settleMs)
    const after = hostMegabytes(process.pid, rival)
    tools.release()
    await Promise.all(ends)
    return [[(after - before) / cells]]
  },
}
