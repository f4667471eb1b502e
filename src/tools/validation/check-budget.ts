import { isRecord } from '../../protocol/json.ts'

/** Most work one check may do: visits of schema nodes, and what single keywords cost on top. */
const maxWork = 2_000_000

/** Longest time one check may take, in milliseconds. */
const maxMs = 100

/** So many visits lie between two looks at the clock. */
const visitsBetweenLooks = 64

/**
 * What a check may cost. Schemas are other people's text, and a small one can ask for more work than there is time:
 * 24 pairs of `allOf` that refer to the next are 2^24 visits.
 */
export class CheckBudget {
  #work = 0
  #visits = 0
  #deadline = 0
  #sizes: InputSizes | null = null
  #input: unknown = null

  /** Begins a check of `input`. */
  start(input: unknown): void {
    this.#work = 0
    this.#visits = 0
    this.#deadline = performance.now() + maxMs
    this.#sizes = null
    this.#input = input
  }

  /** Throws when a visit of a schema node is one too many. */
  spend(work: number): void {
    this.#work += work
    if (this.#work > maxWork) throw new RangeError('the check of this input needs too many steps')
    if (++this.#visits % visitsBetweenLooks === 0 && performance.now() > this.#deadline) {
      throw new RangeError('the check of this input takes too long')
    }
  }

  /** Sizes of the input, measured when they are first asked for. */
  get sizes(): InputSizes {
    return (this.#sizes ??= measure(this.#input))
  }
}

/** `longestText` counts UTF-16 units, of keys too; `longestArray` and `parts` count values. */
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
