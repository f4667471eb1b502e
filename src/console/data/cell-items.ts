import type { CellReport, CellWait, SessionReport } from '../../storage/disk/session-report.ts'
import type { CallCounts, CellItem, CellStatus, Owner } from '../api.ts'
import { noCalls } from './counts.ts'

/** Maximum lengths in a list, in characters. */
const maxTitle = 120
const maxErrorStart = 200
const maxWaits = 3

/** The session of an item. */
export type ItemSession = { readonly id: string; readonly tenant: string | null; readonly owner: Owner | null }

/** Returns the items of a list for all cells of a session, in order. */
export function cellItemsOf(report: SessionReport, session: ItemSession): readonly CellItem[] {
  const calls = new Map<string, ReturnType<typeof noCalls>>()
  for (const { cellId, state } of report.ledger) {
    const counts = calls.get(cellId) ?? noCalls()
    counts[state]++
    calls.set(cellId, counts)
  }
  return report.cellList.map((cell) => cellItemOf(cell, session, calls.get(cell.cellId) ?? noCalls()))
}

function cellItemOf(cell: CellReport, { id, tenant, owner }: ItemSession, calls: CallCounts): CellItem {
  const { cellId, state, source, startedAt, endedAt } = cell
  const waits = state.type === 'running' ? orderedWaits(state.waits) : []
  return {
    sessionId: id,
    tenant,
    cellId,
    status: cellStatusOf(cell, owner !== null),
    waits: waits.slice(0, maxWaits),
    waitCount: waits.length,
    title: titleOf(source),
    startedAt,
    endedAt,
    calls,
    errorText: state.type === 'running' ? null : (state.errorText?.slice(0, maxErrorStart) ?? null),
    owner,
  }
}

/** Returns the status of a cell. A process that has a session open is its owner. */
function cellStatusOf({ state }: Pick<CellReport, 'state'>, isOpen: boolean): CellStatus {
  if (state.type === 'closed') return state.ending
  if (state.type === 'finished') return 'finished'
  const [first] = orderedWaits(state.waits)
  // Without an owner a tool that was called is not waited for: its call is retried, or becomes unknown.
  if (first === undefined || (!isOpen && first.type === 'tool')) return isOpen ? 'running' : 'interrupted'
  return `waits_${first.type}`
}

const order: readonly CellWait['type'][] = ['person', 'result', 'host', 'tool', 'timer']

/** Returns the waits of a cell, those that need a user first. */
export function orderedWaits(waits: readonly CellWait[]): readonly CellWait[] {
  return order.flatMap((type) => waits.filter((wait) => wait.type === type))
}

/** Returns the beginning of the first line of a program that is not blank. */
function titleOf(source: string): string {
  const line = /^[^\S\n]*(\S[^\n]*)/m.exec(source.slice(0, 4000))?.[1] ?? ''
  return line.trimEnd().slice(0, maxTitle)
}
