/** The memory of a process, in bytes, after a number of cells. */
export type MemorySample = { readonly cells: number; readonly bytes: number }

export type FlatnessOptions = {
  /** Maximum memory per further cell, in bytes: records of ended cells, and noise. */
  readonly bytesPerCell: number
  /** The number of cells in which caches and code fill the memory; earlier samples do not count. @default 0 */
  readonly warmUpCells?: number
}

export type Flatness = {
  readonly type: 'flat' | 'growing' | 'too short'
  /** Memory per further cell, by the median of the slopes. */
  readonly bytesPerCell: number
  /** Certainty of a trend, in standard deviations. */
  readonly certainty: number
}

/** Fewer samples show no trend. */
const leastSamples = 8

/** A less certain trend counts as noise. Of 700 flat series one looks more certain than this. */
const certain = 3

/**
 * Returns whether a series is flat. The first quarter is the time in which caches fill, and does not count; nor do the
 * cells of the warm-up. The slope
 * is the median of the slopes between any two samples (Theil and Sen), the certainty that of the sign of the trend
 * (Mann and Kendall): outliers affect neither.
 */
export function judgeFlatness(samples: readonly MemorySample[], options: FlatnessOptions): Flatness {
  const { warmUpCells = 0 } = options
  const settled = samples.slice(Math.ceil(samples.length / 4)).filter(({ cells }) => cells >= warmUpCells)
  if (settled.length < leastSamples) return { type: 'too short', bytesPerCell: 0, certainty: 0 }
  const slopes = slopesOf(settled)
  const bytesPerCell = medianOf(slopes)
  const certainty = certaintyOf(slopes, settled.length)
  const isGrowing = bytesPerCell > options.bytesPerCell && certainty > certain
  return { type: isGrowing ? 'growing' : 'flat', bytesPerCell, certainty }
}

/** Returns the slopes between any two samples. */
function slopesOf(samples: readonly MemorySample[]): number[] {
  return samples.flatMap((later, at) =>
    samples.slice(0, at).map((earlier) => (later.bytes - earlier.bytes) / Math.max(1, later.cells - earlier.cells)),
  )
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}

function certaintyOf(slopes: readonly number[], count: number): number {
  const rises = slopes.reduce((sum, slope) => sum + Math.sign(slope), 0)
  const deviation = Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18)
  return rises / deviation
}
