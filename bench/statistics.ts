/** What is kept of the samples of one measure. */
export type Summary = {
  readonly min: number
  readonly p50: number
  readonly p95: number
  readonly count: number
}

/** Summarises samples. Throws `RangeError` when there are none. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((left, right) => left - right)
  return { min: quantile(sorted, 0), p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), count: sorted.length }
}

/** The middle of the samples. Throws `RangeError` when there are none. */
export function median(samples: readonly number[]): number {
  return summarize(samples).p50
}

/** A quantile of sorted samples, between two samples in proportion to the distance. */
function quantile(sorted: readonly number[], fraction: number): number {
  const position = (sorted.length - 1) * fraction
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) throw new RangeError('Cannot summarize samples: there are none')
  return below + (above - below) * (position % 1)
}
