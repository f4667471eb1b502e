import { setTimeout as pause } from 'node:timers/promises'
import { peakMegabytes } from '../process-memory.ts'
import { timeOf, type Workload } from './workload.ts'

export const cellsOneByOne: Workload = manyCells(1)
export const cellsEightAtOnce: Workload = manyCells(8)
export const cellsManyAtOnce: Workload = manyCells(64)

function manyCells(atOnce: number): Workload {
  const name = `cells-${atOnce}`
  const title = `500 trivial cells, ${atOnce} at once`
  const memory = `${name}-memory`
  return {
    name,
    rows: [
      { id: name, title, unit: '/s' },
      { id: memory, title: `${title}: peak memory of all processes that hold cells`, unit: 'MB' },
    ],
    rounds: 3,
    process: 'fresh',
    timeoutMs: 90_000,
    async measure({ running, rival, quick }) {
      const started = await running()
      // Enough at once that all processes are there, and time for them to get ready.
      await Promise.all(Array.from({ length: 8 }, () => timeOf(started, 'text("hi")', 'hi')))
      await pause(500)
      const count = quick ? 100 : 500
      const start = performance.now()
      let next = 0
      const runSome = async (): Promise<void> => {
        while (next++ < count) await timeOf(started, 'text("hi")', 'hi')
      }
      await Promise.all(Array.from({ length: atOnce }, runSome))
      const perSecond = (count / (performance.now() - start)) * 1000
      return [
        { row: name, value: perSecond },
        { row: memory, value: peakMegabytes(process.pid, rival.runsIn).sum },
      ]
    },
  }
}
