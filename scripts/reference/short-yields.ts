import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { Adapter } from '../../test/conformance/adapter.ts'

/** The responses with output to cells that print and then wait, for one yield time. */
export type ShortYields = {
  readonly yieldMs: number
  readonly cells: number
  readonly reference: number
  readonly codecell: number
}

const yieldTimesMs = [10, 20, 50]
const cellsPerTime = 15
const source = 'text("a"); await new Promise(() => {})'

type Adapters = { readonly reference: Adapter; readonly codecell: Adapter }

/** Counts responses with output on a busy machine: two processes per processor compute. Both run the cells alternately. */
export async function measureShortYields(adapters: Adapters): Promise<readonly ShortYields[]> {
  // The first cell of each starts its host.
  await hasOutput(adapters.reference, 1000)
  await hasOutput(adapters.codecell, 1000)
  const load = Array.from({ length: availableParallelism() * 2 }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  )
  try {
    const rows: ShortYields[] = []
    for (const yieldMs of yieldTimesMs) rows.push(await measureYieldTime(adapters, yieldMs))
    return rows
  } finally {
    for (const busy of load) busy.kill('SIGKILL')
  }
}

async function measureYieldTime({ reference, codecell }: Adapters, yieldMs: number): Promise<ShortYields> {
  const counts = { reference: 0, codecell: 0 }
  for (let cell = 0; cell < cellsPerTime; cell++) {
    if (await hasOutput(reference, yieldMs)) counts.reference++
    if (await hasOutput(codecell, yieldMs)) counts.codecell++
  }
  return { yieldMs, cells: cellsPerTime, ...counts }
}

async function hasOutput(adapter: Adapter, yieldMs: number): Promise<boolean> {
  const never = new AbortController().signal
  const session = await adapter.openSession({
    tools: [],
    maxYieldMs: undefined,
    boundedOutput: false,
    deferAll: false,
    onToolCall: async () => null,
    onNotify: async () => undefined,
    onClosed: () => undefined,
  })
  const options = { yieldMs, maxTokens: undefined, callId: undefined, signal: never, preempt: never }
  const { cell, items } = await session.execute(source, options)
  await session.terminate(cell, { maxTokens: undefined })
  await session.shutdown()
  return items.length > 0
}
