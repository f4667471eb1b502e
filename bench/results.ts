import { summarize, type Summary } from './statistics.ts'
import type { Reading } from './workloads/workload.ts'

/** What came out for one row and one rival: numbers, or the words that stand in their place. */
export type Result =
  | { readonly type: 'measured'; readonly summary: Summary }
  | { readonly type: 'said'; readonly words: string }

/** All readings, by row and rival. */
export class Results {
  readonly #values = new Map<string, (number | string)[]>()

  add(rival: string, readings: readonly Reading[]): void {
    for (const { row, value } of readings) {
      const key = keyOf(row, rival)
      const values = this.#values.get(key)
      if (values === undefined) this.#values.set(key, [value])
      else values.push(value)
    }
  }

  /** One failure among many rounds is told as a failure: the numbers of the others would hide it. */
  get(row: string, rival: string): Result | null {
    const values = this.#values.get(keyOf(row, rival))
    if (values === undefined) return null
    const words = values.find((value) => typeof value === 'string')
    if (words !== undefined) return { type: 'said', words }
    return { type: 'measured', summary: summarize(values.filter((value) => typeof value === 'number')) }
  }
}

function keyOf(row: string, rival: string): string {
  return JSON.stringify([row, rival])
}
