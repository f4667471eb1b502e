import { engineNeedOf, missingEngineReason, type EnginePrint } from '../../../protocol/engine-print.ts'
import type { SessionState, StateCell } from './session-state.ts'

type Running = { readonly cell: StateCell; readonly engine: EnginePrint }

/**
 * Returns the engine that the next owner of a session must have: that of a cell that waits for it, or else of the cell that is due first.
 * Cells with another engine wait for it there, and the session is released for them later: no node may have all engines.
 */
export function engineNeedsOf(state: SessionState): readonly string[] {
  const running = [...state.openCells.values()].flatMap((cell): readonly Running[] => {
    const engine = cell.journal?.journal.engine ?? null
    return cell.end === null && engine !== null ? [{ cell, engine }] : []
  })
  const waiting = running.find(({ cell, engine }) => cell.hostWait === missingEngineReason(engine))
  const first = waiting ?? running.toSorted((left, right) => dueOf(left.cell) - dueOf(right.cell))[0]
  return first === undefined ? [] : [engineNeedOf(first.engine)]
}

/** Returns when a cell is due, in milliseconds since 1970. One without timers can be due at any time. */
function dueOf({ journal }: StateCell): number {
  return Math.min(Number.MAX_SAFE_INTEGER, ...(journal?.timers.values() ?? []).map(({ due }) => due))
}
