import { engineIdOf, type EnginePrint } from '../../../protocol/engine-print.ts'
import type { ApprovalRow, EngineCells, Projection } from '../../logs/session-logs.ts'
import { pausedWithin } from '../../pauses.ts'
import { truncatedInput } from '../../truncated-input.ts'
import type { SessionState, StateCell } from './session-state.ts'

/** Returns the facts that others can read without opening the session. */
export function projectionOf(state: SessionState): Projection {
  const counts = { running: 0, finished: 0, closed: state.cells.size - state.openCells.size }
  const approvals: ApprovalRow[] = []
  const engines = new Map<string, EngineCells>()
  let wakeAt = Infinity
  for (const cell of state.openCells.values()) {
    counts[cell.end === null ? 'running' : 'finished']++
    if (cell.end !== null) continue
    const pending = approvalRowsOf(cell)
    approvals.push(...pending)
    // The clock of a cell stands still while its calls wait for a decision.
    const timers = pending.length > 0 ? [] : [...(cell.journal?.timers.values() ?? [])]
    const pauses = timers.length === 0 ? [] : pausesOf(cell)
    for (const { due, delay } of timers) wakeAt = Math.min(wakeAt, due + pausedWithin(pauses, due - delay, Infinity))
    for (const call of cell.deferred) wakeAt = Math.min(wakeAt, cell.calls.get(call)?.deferral?.expiresAt ?? Infinity)
    countEngine(engines, cell)
  }
  return { wakeAt: wakeAt === Infinity ? null : wakeAt, approvals, counts, engines: [...engines.values()] }
}

/** The short names of engines, which are digests. */
const engineIds = new WeakMap<EnginePrint, string>()

function countEngine(engines: Map<string, EngineCells>, { journal }: StateCell): void {
  const engine = journal?.journal.engine ?? null
  if (engine === null) return
  const id = engineIds.get(engine) ?? engineIdOf(engine)
  engineIds.set(engine, id)
  engines.set(id, { id, name: `${engine.name} ${engine.version}`, cells: (engines.get(id)?.cells ?? 0) + 1 })
}

/** The cost of a row must not grow with the number of calls, so only those that wait are visited. */
function approvalRowsOf({ approvals, pending }: StateCell): readonly ApprovalRow[] {
  return [...pending].flatMap((number) => {
    const found = approvals.get(number)
    if (found === undefined) return []
    const { key, cellId, call, identifier, askedAt } = found.record
    const input = truncatedInput(found.input ?? '')
    return { key, cellId, callId: `tool-${call}`, identifier, input, askedAt }
  })
}

/** The times at which calls of a cell waited for a decision. */
function pausesOf({ approvals }: StateCell): Parameters<typeof pausedWithin>[0] {
  return [...approvals.values()].map(({ record }) => ({ from: record.askedAt, to: record.decidedAt }))
}
