import { setTimeout as pause } from 'node:timers/promises'
import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

/** Long enough for a warm isolate to be created, as between two responses of a model; in milliseconds. */
const pauseMs = 8

/** Runs the smallest program, one at a time. */
export const warmCell: Workload = {
  name: 'warm-cell',
  measures: [{ title: 'Warm trivial cell', unit: 'ms' }],
  needs: [],
  rounds: 10,
  timeoutMs: 30_000,
  isMemoryWatched: false,
  async round({ running, quick }) {
    const samples: number[] = []
    for (let index = 0; index < (quick ? 20 : 50); index++) {
      await pause(pauseMs)
      samples.push(await timed(() => running.run('text("hi")')))
    }
    return [samples]
  },
}
