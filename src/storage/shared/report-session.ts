import { CodecellError, messageOf } from '../../errors.ts'
import { sessionText } from '../logs/log-errors.ts'
import { demandHere } from '../session-move.ts'
import { waitsOf } from '../disk/cell-waits.ts'
import { approvalsOf, callCounts, cellCounts, engineCounts, summaryOf } from '../disk/report-counts.ts'
import type {
  CellReport,
  SessionReport,
  SessionSummary,
  SessionUser,
  UnreadableSession,
} from '../disk/session-report.ts'
import type { LedgerEntry } from '../ledger.ts'
import type { NodeAddress, SessionLogs, SessionReport as LogReport } from '../logs/session-logs.ts'
import { TextQuota } from '../memory/spillable-texts.ts'
import { applyRecord } from './state/apply-record.ts'
import { withLeftSettlements } from '../left-settlements.ts'
import { leftEntryOf } from './logged-inbox.ts'
import { ledgerEntriesOf } from './logged-ledger.ts'
import { loadRecord } from './records/record-blobs.ts'
import { SessionState, type StateCell } from './state/session-state.ts'
import { LogStore, type SharedStore } from './shared-store.ts'

/**
 * Reports everything that a shared store has of one session, without opening it.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND`, `SESSION_INVALID`, `SESSION_MOVED`, `STORE_UNREACHABLE`
 */
export async function reportSharedSession(store: SharedStore, id: string): Promise<SessionReport> {
  return await reportOn(await LogStore.logsOf(store), { tenant: store.tenant, id })
}

/**
 * Lists the sessions of a shared store, the most recently active first. It reads each of them.
 *
 * @throws {CodecellError} `STORE_UNREACHABLE`
 */
export async function listSharedSessions(store: SharedStore): Promise<readonly (SessionSummary | UnreadableSession)[]> {
  const logs = await LogStore.logsOf(store)
  const sessions: (SessionSummary | UnreadableSession)[] = []
  for await (const { name } of logs.list({ tenant: store.tenant })) {
    const summary = await summaryOrError(logs, name)
    if (summary !== null) sessions.push(summary)
  }
  return sessions
}

/** Returns null for a session that was removed after it was listed. */
async function summaryOrError(
  logs: SessionLogs,
  name: LogReport['name'],
): Promise<SessionSummary | UnreadableSession | null> {
  try {
    return summaryOf(await reportOn(logs, name))
  } catch (error) {
    if (CodecellError.is(error, 'SESSION_NOT_FOUND')) return null
    if (CodecellError.is(error, 'SESSION_INVALID') || CodecellError.is(error, 'SESSION_MOVED')) {
      return { type: 'unreadable', id: name.id, message: messageOf(error) }
    }
    throw error
  }
}

/**
 * Reads the state of a session of a shared store, without opening it.
 *
 * @throws {CodecellError} `SESSION_NOT_FOUND`, `SESSION_INVALID`, `SESSION_MOVED`, `STORE_UNREACHABLE`
 */
export async function readSharedState<Result>(
  store: SharedStore,
  id: string,
  read: (state: SessionState) => Result,
): Promise<Result> {
  return await withState(await LogStore.logsOf(store), { tenant: store.tenant, id }, read)
}

async function reportOn(logs: SessionLogs, name: LogReport['name']): Promise<SessionReport> {
  return await withState(logs, name, reportOf)
}

async function withState<Result>(
  logs: SessionLogs,
  name: LogReport['name'],
  read: (state: SessionState, report: LogReport) => Result,
): Promise<Result> {
  const report = await logs.read(name)
  const state = new SessionState(new TextQuota({ memory: Infinity, disk: 0 }))
  const blobs = { getBlob: logs.readBlob.bind(logs, name) }
  try {
    for (const record of report.records) applyRecord(state, await loadRecord(record, blobs))
    demandHere(sessionText(name), state.move)
    return read(state, report)
  } finally {
    state.close()
  }
}

function reportOf(state: SessionState, { name, owner, createdAt, lastActivityAt, entries }: LogReport): SessionReport {
  const cells = [...state.cells].toSorted(([left], [right]) => left - right)
  const left = entries.map((entry) => leftEntryOf(entry).content).filter((content) => content.kind === 'settlement')
  const ledger = withLeftSettlements(
    cells.flatMap(([cell, { calls }]) => ledgerEntriesOf(cell, calls)),
    left,
  )
  const approvals = cells.flatMap(([, cell]) => [...cell.approvals.values()])
  const pending = approvals.map(({ record }) => record).filter((record) => record.state === 'pending')
  const cellList = cells.map(([, cell]) => cellOf(cell, { isOpen: owner !== null, ledger, pending }))
  return {
    type: 'session',
    id: name.id,
    openedBy: userOf(owner),
    // A session that was moved here is older than its row in the store.
    createdAt: Math.min(createdAt, ...cellList.slice(0, 1).map(({ startedAt }) => startedAt)),
    lastActivityAt,
    cells: cellCounts(cellList),
    calls: callCounts(ledger),
    approvals: pending.length,
    engines: engineCounts(cellList),
    cellList,
    ledger,
    ...approvalsOf(approvals, ledger),
  }
}

function userOf(owner: NodeAddress | null): SessionUser | null {
  return owner === null ? null : { pid: null, node: owner.node, address: owner.url }
}

type Pending = Parameters<typeof waitsOf>[0]['pending']
type Context = { readonly isOpen: boolean; readonly ledger: readonly LedgerEntry[]; readonly pending: Pending }

function cellOf(cell: StateCell, context: Context): CellReport {
  const { begun, start, endedAt } = cell
  return {
    cellId: String(begun.cell),
    execCallId: begun.execCallId,
    state: stateOf(cell, context),
    engine: cell.end === null ? (cell.journal?.journal.engine ?? null) : null,
    startedAt: start.time,
    endedAt,
    source: begun.source,
  }
}

function stateOf(cell: StateCell, context: Context): CellReport['state'] {
  const { begun, end, ending, errorText, journal, hostWait } = cell
  if (ending !== null) return { type: 'closed', ending, errorText }
  if (end !== null) {
    const byItself = errorText === null ? 'completed' : 'failed'
    return { type: 'finished', ending: end.isTerminated ? 'terminated' : byItself, errorText }
  }
  const commands = [...(journal?.journal.commands() ?? [])]
  const responded = commands.filter(({ type }) => type !== 'timeout_fired').map(({ id }) => `tool-${id}`)
  const timers = [...(journal?.timers.values() ?? [])].map(({ due }) => due)
  const waits = waitsOf({
    ...context,
    cellId: String(begun.cell),
    responded: new Set(responded),
    timers,
    hostTrouble: hostWait,
  })
  return { type: 'running', waits }
}
