import type { Figure, Row } from './result.ts'
import type { RivalName } from './rival.ts'
import type { Summary } from './statistics.ts'
import type { Measure, Unit } from './workload.ts'

/** Maximum length of a text in a cell of the table, in characters. */
const maxTextLength = 80

/**
 * Returns the two tables of a run as Markdown: medians with their ratio to codecell, and the spread of the samples. A
 * ratio states how many times better codecell is, whichever direction is better.
 */
export function renderTables(rows: readonly Row[], rivals: readonly RivalName[]): string {
  const head = ['workload', ...rivals]
  const medians = rows.map((row) => [titleOf(row.measure), ...rivals.map((rival) => medianCell(row, rival))])
  const spreads = rows
    .filter(({ figures }) => [...figures.values()].some(isSpread))
    .map((row) => [titleOf(row.measure), ...rivals.map((rival) => spreadCell(row.figures.get(rival)))])
  const parts = ['Median, and in parentheses how many times better ours is:', '', ...table([head, ...medians])]
  if (spreads.length > 0) parts.push('', 'Fastest and 95th percentile:', '', ...table([head, ...spreads]))
  return parts.join('\n')
}

function titleOf({ title, unit }: Measure): string {
  return unit === 'fate' ? title : `${title}, ${unit}`
}

function medianCell({ measure, figures }: Row, rival: RivalName): string {
  const figure = figures.get(rival) ?? { type: 'none' }
  if (figure.type === 'none') return '–'
  if (figure.type === 'text') return shortened(figure.text)
  const ours = figures.get('ours')
  const value = formatNumber(figure.summary.p50)
  if (rival === 'ours' || ours?.type !== 'numbers') return value
  const ratio = ratioOf(measure.unit, ours.summary, figure.summary)
  return ratio === null ? value : `${value} (${ratio})`
}

/** Null when the median is zero or less, the difference of two noisy times, so that a ratio is meaningless. */
function ratioOf(unit: Unit, ours: Summary, theirs: Summary): string | null {
  if (ours.p50 <= 0 || theirs.p50 <= 0) return null
  const ratio = unit === 'per second' ? ours.p50 / theirs.p50 : theirs.p50 / ours.p50
  return `${formatNumber(ratio)}×`
}

function isSpread(figure: Figure): boolean {
  return figure.type === 'numbers' && figure.summary.count > 1
}

function spreadCell(figure: Figure | undefined): string {
  if (figure === undefined || figure.type !== 'numbers') return '–'
  return `${formatNumber(figure.summary.min)} … ${formatNumber(figure.summary.p95)}`
}

/** Formats three significant digits, with thousands separators. */
export function formatNumber(value: number): string {
  const size = Math.abs(value)
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '/')
  return line.length <= maxTextLength ? line : `${line.slice(0, maxTextLength - 1)}…`
}

function table([head = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  return [tableLine(head), tableLine(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(tableLine)]
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
