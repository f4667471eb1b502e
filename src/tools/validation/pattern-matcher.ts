import type { CheckBudget } from './check-budget.ts'
import { longestMatch } from './pattern-cost.ts'
import { verdictOf, type Verdict } from './verdict.ts'

type ReadPattern = { readonly expression: RegExp; readonly longest: number }

/** Parts that other languages read differently: POSIX classes, and intersections of classes. */
const foreignSyntax = /\[\[:|\[\[|&&\[/

/** Classes that include more than ASCII in some languages. */
const asciiClasses = /\\[wWdDsSbB]/

/** Matches the patterns of schemas, within bounds. A pattern that cannot be read or is unsafe matches perhaps. */
export class PatternMatcher {
  readonly #budget: CheckBudget
  readonly #patterns = new Map<string, ReadPattern | null>()

  constructor(budget: CheckBudget) {
    this.#budget = budget
  }

  match(pattern: string, text: string): Verdict {
    const read = this.#read(pattern)
    if (read === null || text.length > read.longest) return 'unknown'
    this.#budget.spendOnMatch(text.length)
    if (!asciiClasses.test(pattern) || /^\p{ASCII}*$/u.test(text)) return verdictOf(read.expression.test(text))
    return 'unknown'
  }

  #read(pattern: string): ReadPattern | null {
    const known = this.#patterns.get(pattern)
    if (known !== undefined) return known
    this.#budget.spendOnMatch(pattern.length)
    const read = readPattern(pattern)
    this.#patterns.set(pattern, read)
    return read
  }
}

function readPattern(pattern: string): ReadPattern | null {
  const longest = longestMatch(pattern)
  return longest < 0 || foreignSyntax.test(pattern) ? null : { expression: new RegExp(pattern, 'u'), longest }
}
