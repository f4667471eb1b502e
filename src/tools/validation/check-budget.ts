import { isRecord } from '../../protocol/json.ts'

/** Maximum work of one validation: visits of schema nodes, plus the cost of single keywords. */
const maxWork = 2_000_000

/** Maximum time of one validation, in milliseconds. */
const maxMs = 100

/** Number of visits between two reads of the clock. */
const visitsBetweenLooks = 64

/**
 * The budget of a validation. Schemas are untrusted, and a small one can require exponential work: 24 pairs of `allOf`
 * that each refer to the next are 2^24 visits.
 */
export class CheckBudget {
  #work = 0
  #visits = 0
  #deadline = 0
  #sizes: InputSizes | null = null
  #input: unknown = null

  /** Starts a validation of `input`. */
  start(input: unknown): void {
    this.#work = 0
    this.#visits = 0
    this.#deadline = performance.now() + maxMs
    this.#sizes = null
    this.#input = input
  }

  /** Counts a visit of a schema node; throws when the budget is exceeded. */
  spend(work: number): void {
    this.#work += work
    if (this.#work > maxWork) throw new RangeError('the check of this input needs too many steps')
    if (++this.#visits % visitsBetweenLooks === 0 && performance.now() > this.#deadline) {
      throw new RangeError('the check of this input takes too long')
    }
  }

  /** Sizes of the input, measured on first use. */
  get sizes(): InputSizes {
    return (this.#sizes ??= measure(this.#input))
  }
}

/** `longestText` counts UTF-16 units, including keys; `longestArray` and `parts` count values. */
export type InputSizes = { readonly longestText: number; readonly longestArray: number; readonly parts: number }

function measure(input: unknown): InputSizes {
  const sizes = { longestText: 0, longestArray: 0, parts: 0 }
  const waiting: unknown[] = [input]
  while (waiting.length > 0) {
    const value = waiting.pop()
    sizes.parts++
    if (typeof value === 'string') sizes.longestText = Math.max(sizes.longestText, value.length)
    if (Array.isArray(value)) {
      sizes.longestArray = Math.max(sizes.longestArray, value.length)
      for (const item of value) waiting.push(item)
    } else if (isRecord(value)) {
      for (const key of Object.keys(value)) {
        sizes.longestText = Math.max(sizes.longestText, key.length)
        waiting.push(value[key])
      }
    }
  }
  return sizes
}
