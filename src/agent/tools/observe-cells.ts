import type { CellOutcome } from '../../session/api/outcome.ts'
import type { ObserveOptions, Session } from '../../session/api/session-options.ts'

/**
 * Observes cells until one of them has news or the time is over. Returns the outcomes of all cells, in their order.
 *
 * @throws {CodecellError} CELL_BUSY, SESSION_CLOSED. The cells keep running.
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
  // An observation settles when its cell has news or the time is over.
  for (const observation of observations) {
    observation.then(
      () => changed.abort(),
      () => changed.abort(),
    )
  }
  return await Promise.all(observations)
}
