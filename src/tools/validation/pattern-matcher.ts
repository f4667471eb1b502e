import type { CheckBudget } from './check-budget.ts'
import { longestMatch } from './patterns/pattern-cost.ts'
import { verdictOf, type Verdict } from './verdict.ts'

type ReadPattern = { readonly expression: RegExp; readonly longest: number }

/** Parts that other languages read differently: POSIX classes, and intersections of classes. */
const foreignSyntax = /\[\[:|\[\[|&&\[/

/** Classes that include more than ASCII in some languages. */
const asciiClasses = /\\[wWdDsSbB]/

/** Returns whether other languages can read a pattern in another way for a string. */
function isForeign(pattern: string, text: string): boolean {
  if (asciiClasses.test(pattern) && !/^\p{ASCII}*$/u.test(text)) return true
  // In most of them `$` also matches before a line feed at the end, and `.` matches other ends of lines.
  return (pattern.includes('$') && text.endsWith('\n')) || (pattern.includes('.') && /[\r\u2028\u2029]/.test(text))
}

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
    return isForeign(pattern, text) ? 'unknown' : verdictOf(read.expression.test(text))
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
