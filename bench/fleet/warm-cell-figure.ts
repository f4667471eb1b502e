import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { median } from '../statistics.ts'
import { timed } from '../timed.ts'
import type { Figure } from './figure.ts'

/** Long enough for a warm isolate to be created, in milliseconds. */
const pauseMs = 8
const cells = 50

const about = { figure: 'warm trivial cell, local', against: 'an earlier version', target: { max: 1.02 } } as const

type Package = {
  readonly createSession: () => Promise<{ execute(source: string): Promise<unknown>; close(): Promise<void> }>
}

/** Measures the smallest program in this version and in another one, which is built in the folder `before`. */
export async function warmCellFigure(rounds: number, before: string | undefined): Promise<readonly Figure[]> {
  if (before === undefined) {
    return [{ ...about, ratio: null, values: 'needs `--before DIR`, the folder of a built earlier version' }]
  }
  const own: Package = await import(new URL('../../dist/index.js', import.meta.url).href)
  const other: Package = await import(pathToFileURL(join(before, 'dist', 'index.js')).href)
  const sessions = [await own.createSession(), await other.createSession()] as const
  const times: (readonly [number, number])[] = []
  for (let round = -1; round < rounds; round++) {
    const pair: [number[], number[]] = [[], []]
    for (let cell = 0; cell < cells; cell++) {
      // In turns, and each first every other time.
      for (const at of cell % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        await pause(pauseMs)
        pair[at].push(await timed(() => sessions[at].execute('text("hi")')))
      }
    }
    if (round >= 0) times.push([median(pair[0]), median(pair[1])])
  }
  for (const session of sessions) await session.close()
  const [ours, theirs] = [median(times.map(([first]) => first)), median(times.map(([, second]) => second))]
  const ratio = median(times.map(([first, second]) => first / second))
  return [{ ...about, ratio, values: `${ours.toFixed(2)} ms; before ${theirs.toFixed(2)} ms` }]
}
