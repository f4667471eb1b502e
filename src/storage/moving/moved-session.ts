import type { SessionState } from '../shared/state/session-state.ts'
import type { MovedSession } from './move-parts.ts'

/** Returns the result of a move, from the content of the session. */
export function movedSession(
  sessionId: string,
  { cells }: Pick<SessionState, 'cells'>,
  { wasMoved }: { readonly wasMoved: boolean },
): MovedSession {
  let calls = 0
  for (const cell of cells.values()) calls += cell.calls.size
  return { sessionId, wasMoved, cells: cells.size, calls }
}
