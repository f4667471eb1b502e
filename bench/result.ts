import type { RivalName } from './rival.ts'
import { summarize, type Summary } from './statistics.ts'
import type { RoundResult } from './measuring-process.ts'
import type { Measure, Workload } from './workload.ts'

/** One figure of one rival. `text` says why there is no number, or what happened. */
export type Figure =
  | { readonly type: 'numbers'; readonly summary: Summary }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'none' }

/** A row of the table: one measure for every rival. */
export type Row = { readonly measure: Measure; readonly figures: ReadonlyMap<RivalName, Figure> }

/** The rows of a workload, from what its rounds brought each rival. A rival without rounds could not take part. */
export function rowsOf(workload: Workload, rounds: ReadonlyMap<RivalName, readonly RoundResult[]>): readonly Row[] {
  return workload.measures.map((measure, index) => ({
    measure,
    figures: new Map([...rounds].map(([name, results]) => [name, figureOf(index, results)])),
  }))
}

/** A single failed round is the figure: what works only sometimes does not work. */
function figureOf(index: number, results: readonly RoundResult[]): Figure {
  const samples: number[] = []
  let text: string | null = null
  for (const result of results) {
    if (result.type === 'failed') return { type: 'text', text: result.reason }
    const reading = result.readings[index] ?? []
    if (typeof reading === 'string') text = reading
    else samples.push(...reading)
  }
  if (text !== null) return { type: 'text', text }
  return samples.length === 0 ? { type: 'none' } : { type: 'numbers', summary: summarize(samples) }
}
