/** A report about all processes that use a store. Times are in milliseconds since 1970, by the clock of the store. */
export type FleetReport = {
  /** The time of the report. */
  readonly at: number
  /** The nodes that are alive, and those that ended with sessions open. */
  readonly nodes: readonly FleetNode[]
  /** The tenants that have sessions, by name. */
  readonly tenants: readonly FleetTenant[]
  /** The work that waits for a node, of the tenants that have some, by name. */
  readonly queues: readonly FleetQueue[]
  /** The engines of running cells, those with the most cells first. */
  readonly engines: readonly FleetEngine[]
}

/** A node: a process that has opened the store. */
export type FleetNode = {
  readonly node: string
  /** The option `address` of its store; null without one. */
  readonly address: string | null
  /** Its version of codecell; null for versions that do not record it. */
  readonly build: string | null
  /** False when its lease is over: its sessions wait for another node. */
  readonly isAlive: boolean
  /** Whether it is about to end, as `markDraining` records. */
  readonly isDraining: boolean
  /** Whether it is the process that reads this report. */
  readonly isReader: boolean
  /** The end of its lease, which it renews; null when it ended the lease itself. */
  readonly leaseUntil: number | null
  /** The time since which its lease has not run out. */
  readonly aliveSince: number
  /** The number of sessions that it has open, of the tenants of the report. */
  readonly sessions: number
}

/** The sessions of one tenant. */
export type FleetTenant = {
  readonly tenant: string
  readonly sessions: number
  /** Those that a live node has open. */
  readonly openSessions: number
  /** Cells by their state; a `finished` cell has a response that was not delivered. */
  readonly cells: { readonly running: number; readonly finished: number; readonly closed: number }
  /** Pending approvals. */
  readonly approvals: number
  /** The time of the oldest pending approval; null without one. */
  readonly oldestApprovalAt: number | null
}

/** The work of one tenant that waits for a node. */
export type FleetQueue = {
  readonly tenant: string
  /** Sessions that no node has open and that have work now. */
  readonly due: number
  /** The time since which the first of them is due; null when it is unknown, or none is due. */
  readonly dueSince: number | null
  /** Sessions whose node ended without closing them. */
  readonly abandoned: number
  /** The time since which the first of them is abandoned; null when it is unknown, or none is. */
  readonly abandonedSince: number | null
  /** The capabilities that due and abandoned sessions need, at most 20, those of the most sessions first. */
  readonly needs: readonly FleetNeed[]
  /** Sessions that no node has open and that become due later. */
  readonly waiting: number
  /** The time at which the next of them becomes due; null when none is waiting. */
  readonly nextDueAt: number | null
  /** Entries of inboxes, such as results and decisions, that no session has taken. */
  readonly inbox: number
  /** The time of the oldest of them; null without one. */
  readonly oldestInboxAt: number | null
  /** Sessions that nodes do not open by themselves, because they ended several nodes in a row or cannot be read. */
  readonly parked: number
  /** The first 20 of them, by id. */
  readonly parkedSessions: readonly string[]
}

/** A capability that a node must have to open sessions, such as an engine. */
export type FleetNeed = { readonly capability: string; readonly sessions: number }

/** The running cells of one engine. */
export type FleetEngine = {
  /** The short name of the engine; null for cells that have had no host, or whose engine is not on record. */
  readonly engine: string | null
  /** The kind and version of the engine; null when it is unknown. */
  readonly name: string | null
  readonly cells: number
}
