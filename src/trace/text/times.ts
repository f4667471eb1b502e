/** Formats a duration: 12 ms, 1.25 s, 3 min 20 s. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(2)} s`
  return `${Math.floor(milliseconds / 60_000)} min ${Math.floor((milliseconds % 60_000) / 1000)} s`
}

/** Formats the duration from a start to an end. */
export function lasted(start: number, end: number | null): string {
  return end === null ? 'no end' : duration(Math.max(0, end - start))
}

/** Formats a timestamp in UTC; accepts any number. */
export function calendarTime(milliseconds: number): string {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString().replace('T', ' ').replace('Z', ' UTC')
}

const barWidth = 16

/** Draws the time of a call within the time of its cell as a bar. */
export function bar(
  call: { readonly start: number; readonly end: number | null },
  whole: { readonly start: number; readonly end: number },
): string {
  const length = Math.max(1, whole.end - whole.start)
  const at = (time: number): number => ((time - whole.start) / length) * barWidth
  const from = Math.min(barWidth - 1, Math.max(0, Math.floor(at(call.start))))
  const to = Math.min(barWidth, Math.max(from + 1, Math.ceil(at(call.end ?? whole.end))))
  return `${'·'.repeat(from)}${'━'.repeat(to - from)}${'·'.repeat(barWidth - to)}`
}
