import type { EvalSummary, Figures } from './summary.ts'
import type { Spread } from './statistics.ts'

export const figureNames: readonly string[] = [
  'passed',
  '95 % interval',
  'turns',
  'tool calls',
  'input tokens',
  'cached',
  'output tokens',
  'cost',
  'time',
]

/** Returns the cells of one mode: medians, with minimum and maximum when they differ. */
export function figureCells(figures: Figures, currency: string | null): readonly string[] {
  const { passed, runs, errors, successInterval, cost } = figures
  const rate = runs === 0 ? '-' : `${passed}/${runs} (${percent(passed / runs)})`
  return [
    errors === 0 ? rate : `${rate}, ${errors} ${errors === 1 ? 'error' : 'errors'}`,
    successInterval === null ? '-' : `${percent(successInterval.low)}–${percent(successInterval.high)}`,
    spreadText(figures.turns, count),
    spreadText(figures.toolCalls, count),
    spreadText(figures.inputTokens, count),
    spreadText(figures.cachedInputTokens, count),
    spreadText(figures.outputTokens, count),
    spreadText(cost, amount, currency ?? ''),
    spreadText(figures.durationMs, (value) => (value / 1000).toFixed(1), 's'),
  ]
}

/** Returns a sentence about the runs of the report. */
export function aboutRuns({ model, api, tasks, repeats, modes }: EvalSummary): string {
  const runs = modes.reduce((sum, mode) => sum + mode.runs, 0)
  const errors = modes.reduce((sum, mode) => sum + mode.errors, 0)
  const notFinished = errors === 0 ? '' : `, with errors: ${errors}`
  return `Model ${model} (${api}). Tasks: ${tasks}, repeats: ${repeats}, finished runs: ${runs}${notFinished}.`
}

/** Returns remarks without which the figures mislead. */
export function remarksOf({ modes, pairs, repeats, currency }: EvalSummary): readonly string[] {
  const unknown = modes.reduce((sum, mode) => sum + mode.turnsWithoutUsage, 0)
  const costs = modes.flatMap(({ mode, totals }) =>
    totals.cost === null ? [] : [`${mode} ${amount(totals.cost)} ${currency}`],
  )
  return [
    'Figures are medians of finished runs (minimum–maximum).',
    ...(pairs === null ? [] : [pairsText(pairs)]),
    ...(repeats === 1 ? ['With one run of each task, small differences are within the randomness of the model.'] : []),
    ...(unknown === 0 ? [] : [`Responses without numbers of tokens: ${unknown}. Tokens and costs are too low.`]),
    ...(costs.length === 0 ? [] : [`Total cost, with runs that ended with an error: ${costs.join(', ')}.`]),
  ]
}

function pairsText({ both, onlyPlain, onlyCode, neither }: NonNullable<EvalSummary['pairs']>): string {
  return `Pairs of runs of a task: both passed ${both}, only plain ${onlyPlain}, only code ${onlyCode}, neither ${neither}.`
}

function spreadText(spread: Spread | null, format: (value: number) => string, unit = ''): string {
  if (spread === null) return '-'
  const [median, min, max] = [format(spread.median), format(spread.min), format(spread.max)]
  return `${min === max ? median : `${median} (${min}–${max})`} ${unit}`.trim()
}

function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 })
}

function amount(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 0.995 ? value.toFixed(2) : value.toPrecision(2)
}

function percent(rate: number): string {
  return `${Math.round(100 * rate)} %`
}
