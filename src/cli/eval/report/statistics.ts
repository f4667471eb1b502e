/** Minimum, median and maximum of a list that is not empty. */
export type Spread = { readonly min: number; readonly median: number; readonly max: number }

export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((one, other) => one - other)
  const [min] = sorted
  const max = sorted.at(-1)
  if (min === undefined || max === undefined) return null
  const [low = min, high = min] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return { min, median: (low + high) / 2, max }
}

/** The bounds of a rate, from 0 to 1. */
export type Interval = { readonly low: number; readonly high: number }

/** The quantile of the normal distribution for 95 % confidence. */
const z = 1.959964

/** Returns the Wilson interval of a rate with 95 % confidence; null without runs. */
export function wilsonInterval(successes: number, runs: number): Interval | null {
  if (runs === 0) return null
  const rate = successes / runs
  const scale = 1 + z ** 2 / runs
  const center = (rate + z ** 2 / (2 * runs)) / scale
  const margin = (z / scale) * Math.sqrt((rate * (1 - rate)) / runs + z ** 2 / (4 * runs ** 2))
  return { low: Math.max(0, center - margin), high: Math.min(1, center + margin) }
}
