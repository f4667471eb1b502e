import type { ApiError } from './user.ts'

/** Whether the server can read its source. While it cannot, it shows the last state. */
export type SourceHealth =
  | { readonly type: 'ok'; readonly at: number }
  | { readonly type: 'away'; readonly since: number; readonly error: ApiError }

/** The status of a cell: one word per cell, for filters and counts. A cell that waits for several things has the first in this order. */
export type CellStatus =
  | 'waits_person'
  | 'waits_result'
  | 'waits_host'
  | 'waits_tool'
  | 'waits_timer'
  /** It computes. */
  | 'running'
  /** Its session is not open in any process, so that it neither computes nor waits. */
  | 'interrupted'
  /** The program has ended, and its last response has not been delivered. */
  | 'finished'
  | 'completed'
  | 'failed'
  | 'terminated'

/** The state of a nested call; `docs/durability.md` defines them. */
export type ConsoleCallState = 'not_started' | 'started' | 'deferred' | 'applied' | 'failed' | 'unknown'

export type Location = { readonly line: number; readonly column: number }

/** The process that has a session open. */
export type Owner = {
  readonly pid: number | null
  readonly node: string | null
  readonly address: string | null
  /** False for a node whose lease is over: the session waits for another node. */
  readonly isAlive: boolean
}

export type CellCounts = { readonly [Status in CellStatus]: number }
export type CallCounts = { readonly [State in ConsoleCallState]: number }

export type Overview = {
  readonly health: SourceHealth
  readonly sessions: number
  readonly openSessions: number
  readonly unreadableSessions: number
  readonly cells: CellCounts
  readonly calls: CallCounts
  /** Calls that wait for a decision. */
  readonly approvals: number
  readonly oldestApprovalAt: number | null
  /** Unknown calls that no user has settled. */
  readonly unsettled: number
}

export type SessionItem =
  | {
      readonly type: 'session'
      readonly id: string
      readonly tenant: string | null
      /** Null: no process has it open. */
      readonly owner: Owner | null
      readonly createdAt: number
      readonly lastActivityAt: number
      readonly cells: CellCounts
      readonly calls: CallCounts
      readonly approvals: number
      readonly unsettled: number
      /** The names and versions of the engines of running cells, e.g. `v8 14.1`. */
      readonly engines: readonly string[]
      /** Whether it lives in the memory of the server only. */
      readonly isInMemory: boolean
    }
  /** A corrupt session. */
  | { readonly type: 'unreadable'; readonly id: string; readonly tenant: string | null; readonly error: ApiError }

/** A page of a list. `nextCursor` is null on the last one. `total` counts all items that match the query. */
export type Page<Item> = { readonly items: readonly Item[]; readonly total: number; readonly nextCursor: string | null }

/** `limit` is from 1 to 200. A cursor continues a list after its last item, whatever changed since. */
export type Paging = { readonly limit?: number; readonly cursor?: string }

export type SessionFilter = 'open' | 'closed' | 'attention' | 'unreadable'
/** Newest activity first. `search` finds parts of ids. `attention`: sessions with approvals or unsettled calls. */
export type SessionQuery = Paging & { readonly search?: string; readonly filter?: SessionFilter }
export type SessionPage = Page<SessionItem>

/** A reason why a running cell waits. */
export type ConsoleWait =
  | { readonly type: 'tool'; readonly callId: string; readonly identifier: string; readonly since: number | null }
  | { readonly type: 'person'; readonly callId: string; readonly identifier: string; readonly since: number }
  | {
      readonly type: 'result'
      readonly callId: string
      readonly key: string
      readonly identifier: string
      readonly since: number | null
      readonly expiresAt: number | null
      readonly note: string | null
    }
  | { readonly type: 'timer'; readonly due: number }
  | { readonly type: 'host'; readonly reason: string }

/** A cell in a list. */
export type CellItem = {
  readonly sessionId: string
  readonly tenant: string | null
  readonly cellId: string
  readonly status: CellStatus
  /** The first waits, at most three. */
  readonly waits: readonly ConsoleWait[]
  readonly waitCount: number
  /** The beginning of the first line of the program that is not blank, at most 120 characters. */
  readonly title: string
  readonly startedAt: number
  readonly endedAt: number | null
  readonly calls: CallCounts
  /** The beginning of the error of a failed cell, at most 200 characters. */
  readonly errorText: string | null
  readonly owner: Owner | null
}

/** `status` is one or several, joined by commas. `search` finds parts of sources, ids of sessions, and tools that were called. Newest first. */
export type CellQuery = Paging & { readonly search?: string; readonly status?: string; readonly session?: string }
/** `counts` has the cells of each status that match the search and the session, whatever the filter of the status. */
export type CellPage = Page<CellItem> & { readonly counts: CellCounts }
