import { printable } from '../trace/printable.ts'

/** Rows as lines with aligned columns; what stands in them can move no cursor. The last column may be as long as it likes. */
export function textTable(rows: readonly (readonly string[])[]): readonly string[] {
  const shown = rows.map((row) => row.map((cell) => printable(cell)))
  const widths: number[] = []
  for (const row of shown) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  }
  return shown.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** A moment on the calendar, and how far away it is: `2026-11-29 06:20:11 UTC (3 min ago)`. */
export function moment(at: number | null, now: number): string {
  if (at === null) return '-'
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return 'an unknown time'
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC (${distance(at - now)})`
}

/** How far a moment is away: `3 min ago`, `in 2 h`. */
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
