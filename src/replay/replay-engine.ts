import { engineNamed, type EngineChoice } from '../protocol/engine-name.ts'
import { anyPrintOf, type EnginePrint } from '../protocol/engine-print.ts'
import type { LocalHostPool } from '../session/hosts/host-pool.ts'
import type { RecordedCell } from './recorded-cell.ts'

/** Returns the engine that a cell was recorded on; null when its log does not have it. */
export function recordedEngineOf({ runs }: RecordedCell): EnginePrint | null {
  return runs.find(({ engine }) => engine !== null)?.engine ?? null
}

/**
 * Returns the engine of a replay: the chosen one, and for `auto` the recorded one, if the hosts can have it. Null is the engine of new
 * cells on these hosts.
 */
export function replayEngineOf(
  hosts: LocalHostPool,
  cell: RecordedCell,
  choice: EngineChoice = 'auto',
): EnginePrint | null {
  const name = choice === 'auto' ? engineNamed(recordedEngineOf(cell)?.name ?? '') : choice
  return name === null || name === hosts.engineName || !hosts.canHave(name) ? null : anyPrintOf(name)
}
