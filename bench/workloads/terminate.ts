import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

/** Time from the command to stop an endless loop to its end. */
export const terminate: Workload = {
  name: 'terminate',
  measures: [{ title: 'Terminate while(true){}', unit: 'ms' }],
  needs: ['terminate'],
  rounds: 4,
  timeoutMs: 60_000,
  isMemoryWatched: false,
  async round({ running, quick }) {
    const samples: number[] = []
    for (let index = 0; index < (quick ? 2 : 8); index++) {
      const program = await running.begin('while (true) {}')
      samples.push(await timed(() => program.terminate()))
    }
    return [samples]
  },
}
