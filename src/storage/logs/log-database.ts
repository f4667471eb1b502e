import type { FleetDatabase } from './fleet-database.ts'
import type {
  ApprovalRow,
  BlobScope,
  Digest,
  NodeAddress,
  NodeState,
  SessionName,
  SessionQuery,
  SessionSummary,
} from './session-logs.ts'

/**
 * One engine: the statements of a shared store. Each method is one transaction. A method rejects with
 * `STORE_UNREACHABLE` when its effect is unknown, and can then be called again.
 */
export interface LogDatabase extends AsyncDisposable {
  /** The store in error messages, without a password. */
  readonly where: string
  /**
   * Extends the lease of a node. A renewal that came too late changes `aliveSince` for good, so a lost reply does not
   * hide it.
   */
  renew(node: NodeState, ttlMs: number): Promise<Renewal>
  /** Ends the lease of a node. */
  endLease(node: string): Promise<void>
  /** Returns the sessions whose owner is this node. */
  owned(node: string): Promise<readonly Claim[]>
  /** Makes the node the owner, if no other live node is. The session leaves the wake-ups. */
  claim(name: SessionName, options: ClaimOptions): Promise<ClaimOutcome>
  /** Makes the node the owner of sessions with work; null: the lease of the node has run out. */
  claimDue(options: ClaimDueOptions): Promise<readonly Claim[] | null>
  /** Returns the end of a log; null when the session does not exist. */
  tail(name: SessionName): Promise<Tail | null>
  /** Returns rows behind `after` up to `last`, at least one if there is one, and at most about `maxBytes`. */
  rows(name: SessionName, range: RowRange): Promise<readonly StoredRow[]>
  /** Returns one part of a snapshot; null when it is missing. */
  snapshotPart(name: SessionName, snapshot: SnapshotId, part: number): Promise<Uint8Array | null>
  /** Adds rows, each on its own condition. The outcomes are in the order of the rows. */
  insert(rows: readonly NewRow[]): Promise<readonly RowOutcome[]>
  putSnapshotPart(name: SessionName, snapshot: SnapshotId, part: number, body: Uint8Array): Promise<void>
  /** Makes a snapshot the current one, and removes older rows and snapshots; false: the epoch is not the newest. */
  finishSnapshot(name: SessionName, snapshot: FinishedSnapshot): Promise<boolean>
  /** Gives up a session; without effect when the epoch is not the newest. */
  release(name: SessionName, release: Release): Promise<void>
  putBlobPart(name: SessionName, blob: BlobPart, body: Uint8Array): Promise<void>
  /** Returns one part and the number of parts; null when it is missing. */
  blobPart(name: SessionName, scope: BlobScope, digest: Digest, part: number): Promise<StoredPart | null>
  post(name: SessionName, entry: NewEntry, maxEntries: number): Promise<'posted' | 'not_found' | 'full'>
  inbox(name: SessionName): Promise<readonly StoredEntry[]>
  /** Returns the sessions of a node whose inboxes have entries that no record has applied. */
  inboxesOf(node: string): Promise<readonly SessionName[]>
  ownerOf(name: SessionName): Promise<NodeAddress | null>
  /** Reads everything of a session from one snapshot of the database; null when it does not exist. */
  read(name: SessionName): Promise<StoredSession | null>
  /** Returns one page of summaries, ordered by id. */
  list(query: SessionQuery, count: number): Promise<readonly SessionSummary[]>
  remove(name: SessionName): Promise<'removed' | 'in_use'>
  readonly fleet: FleetDatabase
}

/** A session that a node owns since `epoch`. */
export type Claim = { readonly name: SessionName; readonly epoch: number }

export type ClaimOptions = {
  readonly node: string
  readonly mustExist: boolean
  /** Null: as before. */
  readonly needs: readonly string[] | null
  /** Whether the node can claim a session that it owns, because it does not have it open. */
  readonly canReclaim: boolean
}

export type ClaimOutcome =
  | { readonly type: 'claimed'; readonly epoch: number }
  | { readonly type: 'held'; readonly by: NodeAddress }
  | { readonly type: 'not_found' }
  /** The lease of the node itself has run out. */
  | { readonly type: 'lease_over' }

export type ClaimDueOptions = {
  readonly node: string
  readonly count: number
  readonly has: readonly string[]
  /** Null: all. */
  readonly tenants: readonly string[] | null
}

/** The last row of a log, and its snapshot. `seq` is 0 and `sum` is empty for a log without rows. */
export type Tail = {
  readonly epoch: number
  readonly seq: number
  readonly sum: string
  readonly projection: string | null
  /** Bytes of the rows behind the snapshot. */
  readonly bytes: number
  readonly snapshot: StoredSnapshot | null
}

/** Identifies a snapshot: the last row that it covers, and the epoch of its writer. */
export type SnapshotId = { readonly seq: number; readonly epoch: number }

export type StoredSnapshot = SnapshotId & { readonly parts: number; readonly bytes: number; readonly sum: string }

/** `sum` is that of the row `seq`. With `removesBlobs`, the snapshot names no blob of the session. Ids of entries that left the inbox more than `keepTakenMs` ago are removed. */
export type FinishedSnapshot = StoredSnapshot & {
  readonly keepTakenMs: number
  readonly removesBlobs: boolean
}

/** The lease of a node: the time since which it has not run out, and the present time, by the clock of the store. */
export type Renewal = { readonly aliveSince: number; readonly now: number }

export type RowRange = { readonly after: number; readonly last: number; readonly maxBytes: number }

export type StoredRow = {
  readonly seq: number
  readonly epoch: number
  readonly sum: string
  readonly body: Uint8Array
}

/** A row to add. It is added only behind the row `seq - 1` with the sum `previousSum`, and only if `seq` is free. */
export type NewRow = {
  readonly name: SessionName
  readonly seq: number
  readonly epoch: number
  readonly isTook: boolean
  readonly previousSum: string
  readonly sum: string
  readonly body: Uint8Array
  readonly projection: string
  /** All pending approvals; null: as before. */
  readonly approvals: readonly ApprovalRow[] | null
  /** Ids of inbox entries that the records of the row apply. */
  readonly taken: readonly string[]
}

/** `added`: the row is on record, by this call or an earlier one. `other_row`: its place has another row. */
export type RowOutcome = 'added' | 'other_row' | 'previous_missing'

export type Release = {
  readonly node: string
  readonly epoch: number
  readonly wakeAt: number | null
  readonly isParked: boolean
  /** The needs that depend on the content; null: as they are. */
  readonly needs: readonly string[] | null
}

export type BlobPart = {
  readonly scope: BlobScope
  readonly digest: Digest
  readonly part: number
  readonly parts: number
}

export type StoredPart = { readonly body: Uint8Array; readonly parts: number }

/** An inbox entry whose body is JSON. */
export type NewEntry = { readonly id: string; readonly kind: string; readonly body: string }

export type StoredEntry = NewEntry

export type StoredSession = {
  readonly summary: SessionSummary
  readonly snapshot: StoredSnapshot | null
  readonly snapshotParts: readonly Uint8Array[]
  readonly rows: readonly StoredRow[]
  readonly approvals: readonly string[]
  readonly entries: readonly StoredEntry[]
}
