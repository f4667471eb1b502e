import type { RivalName } from './rival.ts'
import { summarize, type Summary } from './statistics.ts'
import type { RoundResult } from './measuring-process.ts'
import type { Measure, Workload } from './workload.ts'

/** One figure of one rival. `text` is the reason for a missing number, or an event. */
export type Figure =
  | { readonly type: 'numbers'; readonly summary: Summary }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'none' }

/** A row of the table: one measure of every rival. */
export type Row = { readonly measure: Measure; readonly figures: ReadonlyMap<RivalName, Figure> }

/** Returns the rows of a workload from the rounds of each rival. A rival without rounds did not take part. */
export function rowsOf(workload: Workload, rounds: ReadonlyMap<RivalName, readonly RoundResult[]>): readonly Row[] {
  return workload.measures.map((measure, index) => ({
    measure,
    figures: new Map([...rounds].map(([name, results]) => [name, figureOf(index, results)])),
  }))
}

/** A single failed round is the figure, because unreliable success does not count. */
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
