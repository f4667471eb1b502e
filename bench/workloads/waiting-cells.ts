import { setTimeout as pause } from 'node:timers/promises'
import { hostMegabytes } from '../process-use.ts'
import type { Workload } from '../workload.ts'

const cells = 100

/** Time for memory to settle, in milliseconds. */
const settleMs = 500

/** Cells that wait for a tool, such as one that asks a user. */
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
    // Resolves with the arrival of all calls, or rejects with the first cell that fails.
    await Promise.race([tools.heldCalls(cells), Promise.all(ends)])
    await pause(settleMs)
    const after = hostMegabytes(process.pid, rival)
    tools.release()
    await Promise.all(ends)
    return [[(after - before) / cells]]
  },
}
