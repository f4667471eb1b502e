/** A period in which the clock of a cell was stopped, in milliseconds since 1970. `to` is null while it is stopped. */
export type Pause = { readonly from: number; readonly to: number | null }

/** Returns the total duration of the pauses within a period. Pauses can overlap. */
export function pausedWithin(pauses: readonly Pause[], start: number, end: number): number {
  let covered = start
  let paused = 0
  for (const { from, to } of pauses.toSorted((left, right) => left.from - right.from)) {
    const begin = Math.max(from, covered)
    const stop = Math.min(to ?? end, end)
    if (stop <= begin) continue
    paused += stop - begin
    covered = stop
  }
  return paused
}
