import { setTimeout as pause } from 'node:timers/promises'
import { median } from '../statistics.ts'
import { timed } from '../timed.ts'
import type { Workload } from '../workload.ts'

const pauseMs = 8
const without = 'text("hi")'
const withCall = 'await tools.echo({ n: 1 }); text("hi")'

/** The cost of a further nested call in a cell: the difference of two medians in each round. */
export const oneCallMore: Workload = {
  name: 'one-call-more',
  measures: [{ title: 'One nested call more', unit: 'ms' }],
  needs: [],
  rounds: 10,
  timeoutMs: 30_000,
  isMemoryWatched: false,
  async round({ running, quick }) {
    const times: { readonly without: number; readonly withCall: number }[] = []
    for (let index = 0; index < (quick ? 10 : 30); index++) {
      await pause(pauseMs)
      const withoutMs = await timed(() => running.run(without))
      await pause(pauseMs)
      times.push({ without: withoutMs, withCall: await timed(() => running.run(withCall)) })
    }
    return [[median(times.map((each) => each.withCall)) - median(times.map((each) => each.without))]]
  },
}
