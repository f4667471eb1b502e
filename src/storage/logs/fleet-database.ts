import type { FleetNeed } from './fleet-report.ts'
import type { NodeState } from './session-logs.ts'

/** The statements of reports about all sessions of a store. `tenant` is null for all tenants. */
export interface FleetDatabase {
  /** Returns the nodes that are alive or own sessions, and the time of the store. */
  nodes(tenant: string | null): Promise<{ readonly at: number; readonly nodes: readonly StoredNode[] }>
  /** Returns sums over up to `count` sessions behind `after`, in the order of tenants and ids. */
  sums(page: SumPage): Promise<SessionSums>
  /** Returns what waits, of each tenant that has some. */
  waiting(tenant: string | null): Promise<readonly WaitingSums[]>
  /** Returns the capabilities that due sessions need, and those of dead owners, by the number of sessions. */
  needs(tenant: string | null): Promise<readonly NeedSums[]>
}

/** `leaseUntil` is 0 for a node that ended its lease. */
export type StoredNode = NodeState & {
  readonly leaseUntil: number
  readonly aliveSince: number
  readonly sessions: number
}

/** `after` has empty names for the first page. */
export type SumPage = {
  readonly tenant: string | null
  readonly after: { readonly tenant: string; readonly id: string }
  readonly count: number
}

/** Sums by tenant and by engine. */
export type SessionSums = { readonly tenants: readonly TenantSums[]; readonly engines: readonly EngineSums[] }

export type TenantSums = {
  readonly tenant: string
  /** The last of these sessions. */
  readonly lastId: string
  readonly sessions: number
  readonly open: number
  /** Sessions whose owner is dead. */
  readonly abandoned: number
  /** The earliest end of a lease of a dead owner; null when it is unknown. */
  readonly abandonedSince: number | null
  readonly running: number
  readonly finished: number
  readonly closed: number
  readonly parked: number
  /** The first of the parked sessions. */
  readonly parkedIds: readonly string[]
}

export type NeedSums = FleetNeed & { readonly tenant: string }

export type EngineSums = { readonly engine: string; readonly name: string; readonly cells: number }

export type WaitingSums = {
  readonly tenant: string
  readonly due: number
  readonly dueSince: number | null
  readonly waiting: number
  readonly nextDueAt: number | null
  readonly entries: number
  readonly oldestEntryAt: number | null
  readonly approvals: number
  readonly oldestApprovalAt: number | null
}
