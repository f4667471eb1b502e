import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHostPool, createSession } from '../src/index.ts'
import { SharedBodies } from '../src/storage/shared-bodies.ts'

export type WakeTime = {
  readonly commands: number
  readonly answer: 'small' | '10 KB'
  readonly kept: 'in memory' | 'on disk'
  /** Milliseconds from a result to the output that follows it. */
  readonly samples: readonly number[]
  /** Memory of the journal when all results differ, and when the tool always returns the same. */
  readonly megabytes: number
  readonly sharedMegabytes: number
}

const wakesEach = 15

/** Evicts one cell repeatedly and wakes it, for journals of several lengths. */
export async function wakeTimes(): Promise<readonly WakeTime[]> {
  const times: WakeTime[] = []
  // Hosts do not keep this process alive, and no caller observes the cell.
  const hold = setInterval(() => undefined, 60_000)
  const kinds = [
    ['small', 'in memory'],
    ['small', 'on disk'],
    ['10 KB', 'in memory'],
    ['10 KB', 'on disk'],
  ] as const
  for (const [answer, kept] of kinds) {
    for (const commands of [0, 1, 10, 100, 1000, 10_000]) times.push(await wakeTime({ commands, answer, kept }))
  }
  clearInterval(hold)
  return times
}

async function wakeTime({ commands, answer, kept }: Pick<WakeTime, 'commands' | 'answer' | 'kept'>): Promise<WakeTime> {
  const folder = mkdtempSync(join(tmpdir(), 'codecell-wake-'))
  using cleaning = new DisposableStack()
  cleaning.defer(() => rmSync(folder, { recursive: true, force: true }))
  await using hosts = createHostPool({ size: 1, maxCells: 1 })
  const filler = answer === 'small' ? '' : 'x'.repeat(10_000)
  let called = (): void => undefined
  let answerLater: (value: unknown) => void = () => undefined
  let printedAt = 0
  let printed = (): void => undefined
  await using session = await createSession({
    hosts,
    ...(kept === 'on disk' ? { storage: folder } : {}),
    evictAfterMs: 3_600_000,
    tools: [
      { name: 'now', call: (input: unknown) => ({ input, filler }) },
      {
        name: 'later',
        call() {
          const { promise, resolve } = Promise.withResolvers<unknown>()
          answerLater = resolve
          called()
          return promise
        },
      },
    ],
    listeners: [
      {
        onEvent(activity) {
          if (activity.type !== 'cell_emitted' || activity.cellId !== '1' || activity.event.type !== 'text') return
          printedAt = performance.now()
          printed()
        },
      },
    ],
  })
  const isCalled = (): Promise<void> => new Promise((resolve) => (called = resolve))
  let nextCall = isCalled()
  const source = `for (let i = 0; i < ${commands}; i++) await tools.now({ i }); for (;;) text(await tools.later({}))`
  await session.execute(source, { yieldTimeMs: 0 })
  const samples: number[] = []
  for (let wake = 0; wake < wakesEach; wake++) {
    await nextCall
    // It needs the only slot, so the cell that waits is evicted.
    await session.execute('text("way")', { yieldTimeMs: 600_000 })
    nextCall = isCalled()
    const isPrinted = new Promise<void>((resolve) => (printed = resolve))
    const answeredAt = performance.now()
    answerLater(wake)
    await isPrinted
    samples.push(printedAt - answeredAt)
  }
  const bodies = Array.from({ length: commands }, (_, i) => JSON.stringify({ input: { i }, filler }))
  const same = bodies.map(() => JSON.stringify({ input: {}, filler }))
  return { commands, answer, kept, samples, megabytes: megabytesOf(bodies), sharedMegabytes: megabytesOf(shared(same)) }
}

function shared(bodies: readonly string[]): Iterable<string> {
  const table = new SharedBodies()
  const kept = bodies.map((body) => table.share(body))
  return kept.some((body) => body.length > 64) ? new Set(kept) : kept
}

function megabytesOf(bodies: Iterable<string>): number {
  let length = 0
  for (const body of bodies) length += body.length
  return length / 1e6
}
