import { messageOf } from '../../src/errors.ts'
import { timed } from '../timed.ts'
import type { Bench, Workload } from '../workload.ts'

/** Endless small objects, all retained. */
export const heapBomb: Workload = bomb('heap', 'const kept = []; for (;;) kept.push({ n: kept.length })')
/** Endless memory outside of the heap. */
export const bufferBomb: Workload = bomb(
  'buffer',
  'const kept = []; for (;;) kept.push(new Uint8Array(16 * 1024 * 1024).fill(1))',
)

function bomb(name: string, program: string): Workload {
  const title = name === 'heap' ? 'Heap bomb' : 'Buffer bomb'
  return {
    name: `${name}-bomb`,
    measures: [
      { title: `${title}: what fails`, unit: 'fate' },
      { title: `${title}: until it fails`, unit: 'ms' },
      { title: `${title}: peak memory of hosts`, unit: 'MB' },
    ],
    needs: [],
    rounds: 3,
    timeoutMs: 45_000,
    isMemoryWatched: true,
    round: async (bench) => await explode(bench, program),
  }
}

async function explode({ running, tools }: Bench, program: string): Promise<readonly [string, readonly number[]]> {
  const neighbour = running.run('await tools.hold({}); text("alive")').then(
    ([item]) => item === 'alive',
    () => false,
  )
  await tools.heldCalls(1)
  let end = 'nothing: it completed'
  const ms = await timed(async () => {
    await running.run(program).catch((error: unknown) => {
      end = messageOf(error)
    })
  })
  tools.release()
  const next = await running.run('text("hi")').then(
    () => true,
    () => false,
  )
  return [fate({ neighbour: await neighbour, next, end }), [ms]]
}

function fate({ neighbour, next, end }: { neighbour: boolean; next: boolean; end: string }): string {
  if (end.startsWith('nothing')) return end
  if (!next) return 'the host, for good'
  return neighbour ? 'the cell only' : 'the cell and its neighbour'
}
