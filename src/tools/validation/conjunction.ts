import { both, softened, type Verdict } from './verdict.ts'
import type { Failure, Outcome } from './visit.ts'

/** Maximum number of failures that one schema collects. */
const maxFailures = 500

/** Collects the outcomes of schemas or keywords that must all fit. */
export class Conjunction {
  readonly #isQuick: boolean
  readonly #failures: Failure[] = []
  #verdict: Verdict = 'valid'

  constructor(isQuick: boolean) {
    this.#isQuick = isQuick
  }

  /** Whether more outcomes make no difference. */
  get isDecided(): boolean {
    return this.#verdict === 'invalid' && (this.#isQuick || this.#failures.length >= maxFailures)
  }

  /** Adds an outcome. One that may not apply cannot refuse the value. */
  add({ verdict, failures }: Outcome, applies = true): void {
    this.#verdict = both(this.#verdict, applies ? verdict : softened(verdict))
    if (!applies || verdict !== 'invalid') return
    for (const failure of failures) {
      if (this.#failures.length >= maxFailures) return
      this.#failures.push(failure)
    }
  }

  get outcome(): Outcome {
    return { verdict: this.#verdict, failures: this.#verdict === 'invalid' ? this.#failures : [], seen: null }
  }
}
