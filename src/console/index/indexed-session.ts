import type { SessionReport } from '../../storage/disk/session-report.ts'
import type { ApiError, CallItem, CellItem, Decision, Owner, SessionItem } from '../api.ts'
import { callItemOf, decisionItemOf } from '../data/call-items.ts'
import { cellItemsOf } from '../data/cell-items.ts'
import { noCells } from '../data/counts.ts'

/** The part of a source that searches see, in characters. */
const maxSearched = 10_000

/** The pending calls of one cell. */
export type PendingSummary = {
  readonly cellId: string
  readonly oldestAt: number
  readonly identifiers: readonly string[]
}

/** The facts about one session that lists need. */
export type IndexedSession = {
  readonly item: SessionItem
  readonly cells: readonly CellItem[]
  /** The text of each cell that searches see, in lower case. */
  readonly searched: readonly string[]
  readonly calls: readonly CallItem[]
  readonly decisions: readonly Decision[]
  readonly pending: readonly PendingSummary[]
}

export type IndexedOrigin = { readonly tenant: string | null; readonly isInMemory: boolean }

export function indexedSession(report: SessionReport, origin: IndexedOrigin): IndexedSession {
  const owner = ownerOf(report)
  const { id } = report
  const cells = cellItemsOf(report, { id, tenant: origin.tenant, owner })
  const calls = report.ledger.map((call) => callItemOf(id, call))
  const pending = pendingOf(report)
  const counts = noCells()
  for (const { status } of cells) counts[status]++
  return {
    item: {
      type: 'session',
      id,
      tenant: origin.tenant,
      owner,
      createdAt: report.createdAt,
      lastActivityAt: report.lastActivityAt,
      cells: counts,
      calls: report.calls,
      approvals: pending.reduce((sum, { identifiers }) => sum + identifiers.length, 0),
      unsettled: calls.filter((call) => isUnsettled(call)).length,
      engines: report.engines.flatMap(({ engine }) =>
        engine === null ? [] : `${engine.name} ${engine.version}`.trim(),
      ),
      isInMemory: origin.isInMemory,
    },
    cells,
    searched: searchedOf(report),
    calls,
    decisions: report.decisions.map((decision) => decisionItemOf(id, decision)),
    pending,
  }
}

/** Returns a session that cannot be read. */
export function unreadableSession(id: string, tenant: string | null, error: ApiError): IndexedSession {
  const item = { type: 'unreadable', id, tenant, error } as const
  return { item, cells: [], searched: [], calls: [], decisions: [], pending: [] }
}

export function isUnsettled({ state, settled }: CallItem): boolean {
  return state === 'unknown' && settled === null
}

function ownerOf({ openedBy }: SessionReport): Owner | null {
  if (openedBy === null) return null
  return { pid: openedBy.pid, node: openedBy.node ?? null, address: openedBy.address ?? null, isAlive: true }
}

/** Returns the pending calls by cell. Those of a program that has ended need no decision. */
function pendingOf({ pendingApprovals, cellList }: SessionReport): readonly PendingSummary[] {
  if (pendingApprovals.length === 0) return []
  const running = new Set(cellList.filter(({ state }) => state.type === 'running').map(({ cellId }) => cellId))
  const byCell = Map.groupBy(pendingApprovals, ({ cellId }) => cellId)
  return [...byCell].flatMap(([cellId, calls]) =>
    running.has(cellId)
      ? {
          cellId,
          oldestAt: Math.min(...calls.map(({ askedAt }) => askedAt)),
          identifiers: calls.map(({ identifier }) => identifier),
        }
      : [],
  )
}

function searchedOf({ id, cellList, ledger }: SessionReport): readonly string[] {
  const tools = new Map<string, Set<string>>()
  for (const { cellId, identifier } of ledger) {
    const names = tools.get(cellId) ?? new Set()
    names.add(identifier)
    tools.set(cellId, names)
  }
  return cellList.map(({ cellId, source }) =>
    [id, ...(tools.get(cellId) ?? []), source.slice(0, maxSearched)].join('\n').toLowerCase(),
  )
}
