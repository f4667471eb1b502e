/** Statistics of the samples of one measure. */
export type Summary = {
  readonly min: number
  readonly p50: number
  readonly p95: number
  readonly count: number
}

/** Summarizes samples. Throws `RangeError` for an empty list. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((left, right) => left - right)
  return { min: quantile(sorted, 0), p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), count: sorted.length }
}

/** Returns the median of the samples. Throws `RangeError` for an empty list. */
export function median(samples: readonly number[]): number {
  return summarize(samples).p50
}

/** Returns a quantile of sorted samples, interpolated linearly. */
function quantile(sorted: readonly number[], fraction: number): number {
  const position = (sorted.length - 1) * fraction
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) throw new RangeError('Cannot summarize samples: there are none')
  return below + (above - below) * (position % 1)
}
