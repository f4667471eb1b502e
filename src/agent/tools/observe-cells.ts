import type { CellOutcome } from '../../session/api/outcome.ts'
import type { ObserveOptions, Session } from '../../session/api/session-options.ts'

/**
 * Observes cells until one of them has something to say, or the time is over; then all answer with what they have. The
 * outcomes are in the order of the cells. Throws `CELL_BUSY` and `SESSION_CLOSED`; the cells go on then.
 */
export async function observeCells(
  session: Session,
  cellIds: readonly string[],
  options: ObserveOptions,
): Promise<readonly CellOutcome[]> {
  const [only] = cellIds
  if (only !== undefined && cellIds.length === 1) return [await session.observe(only, options)]
  const changed = new AbortController()
  const { preempt } = options
  const either = preempt === undefined ? changed.signal : AbortSignal.any([preempt, changed.signal])
  const observations = cellIds.map((cellId) => session.observe(cellId, { ...options, preempt: either }))
  // Each comes back when its cell has something to say, or the time is over.
  for (const observation of observations) {
    observation.then(
      () => changed.abort(),
      () => changed.abort(),
    )
  }
  return await Promise.all(observations)
}
