/** What a list of measurements comes to. */
export type Summary = { readonly min: number; readonly p50: number; readonly p95: number }

/** Least, median and 95th percentile (nearest rank). Throws for an empty list. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (share: number): number => {
    const value = sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)]
    if (value === undefined) throw new RangeError('nothing was measured')
    return value
  }
  return { min: at(0), p50: at(0.5), p95: at(0.95) }
}
