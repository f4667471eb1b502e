/**
 * The verdict about a value. `unknown` means that the schema states more than codecell can check, so the value may or
 * may not fit.
 */
export type Verdict = 'valid' | 'invalid' | 'unknown'

/** Returns the verdict of a value that must fit both. */
export function both(one: Verdict, other: Verdict): Verdict {
  if (one === 'invalid' || other === 'invalid') return 'invalid'
  return one === 'unknown' || other === 'unknown' ? 'unknown' : 'valid'
}

/** Returns the verdict of a value that must not fit. */
export function negated(verdict: Verdict): Verdict {
  if (verdict === 'unknown') return 'unknown'
  return verdict === 'valid' ? 'invalid' : 'valid'
}

/** Returns the verdict of a keyword that may not apply: a value that it refuses can still fit. */
export function softened(verdict: Verdict): Verdict {
  return verdict === 'invalid' ? 'unknown' : verdict
}

/** Returns whether a number of values is within bounds. `unknown` of them may count in addition to `certain`. */
export function withinCounts(certain: number, unknown: number, least: number, most: number): Verdict {
  if (certain + unknown < least || certain > most) return 'invalid'
  return certain < least || certain + unknown > most ? 'unknown' : 'valid'
}

export function verdictOf(isValid: boolean): Verdict {
  return isValid ? 'valid' : 'invalid'
}
