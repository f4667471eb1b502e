/** A figure of a run, as a ratio to another one of the same run. */
export type Figure = {
  readonly figure: string
  readonly against: string
  /** Null: not measured, for the reason in `values`. */
  readonly ratio: number | null
  readonly target: Target
  /** The measured values in words. */
  readonly values: string
}

/** The greatest or least ratio that meets the target. */
export type Target = { readonly max: number } | { readonly min: number }

export const figureHeader: readonly string[] = [
  '| figure | against | ratio | target | | measured |',
  '| --- | --- | --: | --: | --- | --- |',
]

/** Returns a figure as a row of a table. */
export function figureRow({ figure, against, ratio, target, values }: Figure): string {
  const isMet = ratio !== null && ('max' in target ? ratio <= target.max : ratio >= target.min)
  const bound = 'max' in target ? `≤ ${target.max}` : `≥ ${target.min}`
  const verdict = ratio === null ? 'not measured' : isMet ? 'met' : 'missed'
  return `| ${figure} | ${against} | ${ratio === null ? '' : ratio.toFixed(2)} | ${bound} | ${verdict} | ${values} |`
}
