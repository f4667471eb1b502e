import { printable } from '../common/printable.ts'
import { displayWidth } from './display-width.ts'

/** Returns rows as lines with aligned columns and without control characters. The last column is not padded. */
export function textTable(rows: readonly (readonly string[])[]): readonly string[] {
  const shown = rows.map((row) => row.map((cell) => printable(cell)))
  const widths: number[] = []
  for (const row of shown) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell))
  }
  return shown.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : padded(cell, widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(width - displayWidth(cell))
}

/** Returns a date and its distance from now: `2026-11-29 06:20:11 UTC (3 min ago)`. */
export function timestamp(at: number | null, now: number): string {
  if (at === null) return '-'
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return 'an unknown time'
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC (${distance(at - now)})`
}

/** Returns a distance in time in words: `3 min ago`, `in 2 h`. */
export function distance(ms: number): string {
  const length = lengthOf(Math.abs(ms))
  if (length === '0 s') return 'now'
  return ms < 0 ? `${length} ago` : `in ${length}`
}

const units: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
]

function lengthOf(ms: number): string {
  const unit = units.find(([, length]) => ms >= 2 * length || (ms >= length && length === 60_000))
  return unit === undefined ? `${Math.floor(ms / 1000)} s` : `${Math.floor(ms / unit[1])} ${unit[0]}`
}
