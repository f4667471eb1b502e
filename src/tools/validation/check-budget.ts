import { threadCpuMs } from './thread-cpu-time.ts'

/** Maximum work of one validation: visits of schemas, plus the cost of single keywords. */
const maxWork = 2_000_000

/** Maximum CPU time of one validation, in milliseconds. */
const maxMs = 100

/** Number of visits between two reads of the CPU time. */
const visitsBetweenLooks = 64

/** Characters of a matched string that count as one visit. */
const charactersPerVisit = 64

/**
 * The budget of a validation. Schemas are untrusted, and a small one can require exponential work: 24 pairs of `allOf`
 * that each refer to the next are 2^24 visits.
 */
export class CheckBudget {
  #work = 0
  #visits = 0
  #deadline = 0

  /** Starts a validation. */
  start(): void {
    this.#work = 0
    this.#visits = 0
    this.#deadline = threadCpuMs() + maxMs
  }

  /** Counts a visit of a schema; throws when the budget is exceeded. */
  spend(work: number): void {
    this.#work += work
    if (this.#work > maxWork) throw new RangeError('the check of this input needs too many steps')
    if (++this.#visits % visitsBetweenLooks === 0) this.#look()
  }

  /** Counts the match of a pattern, which can take as long as thousands of visits. */
  spendOnMatch(characters: number): void {
    this.spend(1 + characters / charactersPerVisit)
    this.#look()
  }

  #look(): void {
    if (threadCpuMs() > this.#deadline) throw new RangeError('the check of this input takes too long')
  }
}
