import type { CodecellError } from '../../errors.ts'
import type { FleetReport } from './fleet-report.ts'

/**
 * The shared storage of session logs. Several nodes use it at the same time; each session has at most one owner.
 *
 * Every method can reject with `STORE_UNREACHABLE`; then the same call can be made again, and its effect happens once.
 * `docs/shared-store.md` describes the rules, the tables and the limits.
 */
export interface SessionLogs extends AsyncDisposable {
  /** This node. */
  readonly node: NodeAddress
  /**
   * Takes the right to write a session. Returns `heldBy` when a live node, which may be this one, has it open.
   *
   * @throws {CodecellError} `SESSION_NOT_FOUND` with `mustExist`, `SESSION_INVALID` for a damaged log,
   * `LIMIT_EXCEEDED` when too many sessions are open, `INVALID_OPTION` for an invalid name, `STORE_UNREACHABLE`
   */
  open(name: SessionName, options: OpenOptions): Promise<OpenLog | { readonly heldBy: NodeAddress }>
  /** Returns the live node that has the session open, or null. */
  ownerOf(name: SessionName): Promise<NodeAddress | null>
  /**
   * Opens up to `count` sessions that no live node has open and that have work: a due wake-up, an inbox entry, or an
   * owner that died. No two calls, in any node, return the same session.
   */
  takeDue(count: number, capabilities: Capabilities): Promise<readonly OpenLog[]>
  /**
   * Delivers an entry to the owner of the session, the present or the next one. A second entry with the same id has no
   * effect, even if the first one was taken.
   *
   * @throws {CodecellError} `SESSION_NOT_FOUND`, `LIMIT_EXCEEDED` for a full inbox or a large entry,
   * `STORE_UNREACHABLE`
   */
  post(name: SessionName, entry: InboxEntry): Promise<void>
  /**
   * Reads a session without opening it, from one snapshot of the store.
   *
   * @throws {CodecellError} `SESSION_NOT_FOUND`, `SESSION_INVALID`, `STORE_UNREACHABLE`
   */
  read(name: SessionName): Promise<SessionReport>
  /**
   * Reads a blob of a session without opening it.
   *
   * @throws {CodecellError} `SESSION_INVALID` for a missing or damaged blob, `STORE_UNREACHABLE`
   */
  readBlob(name: SessionName, digest: Digest, scope?: BlobScope): Promise<Uint8Array>
  /** Lists sessions, in the order of their ids. */
  list(query: SessionQuery): AsyncIterable<SessionSummary>
  /**
   * Removes everything of a session. A session that does not exist has no effect.
   *
   * @throws {CodecellError} `SESSION_IN_USE` while a live node has it open, `STORE_UNREACHABLE`
   */
  remove(name: SessionName): Promise<void>
  /**
   * Records that this node is about to end, for reports. Its sessions stay open.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`; the next renewal of the lease records it
   */
  drain(): Promise<void>
  /**
   * Reads a report about all nodes, and the sessions of one tenant, or of all with null.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`
   */
  fleet(tenant: string | null): Promise<FleetReport>
}

/** The identity of a session. Both parts have 1 to 128 letters, digits, `.`, `_` and `-`. */
export type SessionName = { readonly tenant: string; readonly id: string }

/** `node` identifies one opening of the store by one process; `url` is its address for other nodes, if it has one. */
export type NodeAddress = { readonly node: string; readonly url: string | null }

/** A node as its lease says. `build` is the version of codecell; null: unknown. */
export type NodeState = NodeAddress & { readonly build: string | null; readonly isDraining: boolean }

/** `mustExist`: a missing session is an error, not a new session. */
export type OpenOptions = {
  readonly mustExist: boolean
  /**
   * The capabilities that a node must have to get this session from `takeDue`.
   *
   * @default those of the last opening
   */
  readonly needs?: readonly string[]
}

/** The sessions that a node can serve. */
export type Capabilities = {
  /**
   * Names such as `engine:…` or `tools:…`. A session is returned only if all of its `needs` are among them. `engine:*` stands for every
   * engine.
   */
  readonly has: readonly string[]
  /**
   * The tenants whose sessions are returned.
   *
   * @default all
   */
  readonly tenants?: readonly string[]
}

/** A session that is open for writing. */
export interface OpenLog {
  readonly name: SessionName
  /** The number of this ownership. It grows with each owner, and every row of the log has that of its writer. */
  readonly epoch: number
  /** False after the session was released or lost, or this process has closed the store. */
  readonly isOpen: boolean
  /**
   * The records at the time of opening, in order: those of the last snapshot, then those of the rows behind it. Among
   * them is one `took` record for each owner; the last is that of this opening. Can be read several times, until the
   * first `snapshot`.
   *
   * @throws {CodecellError} while reading: `SESSION_INVALID` for a damaged log, `STORE_UNREACHABLE`
   */
  readonly records: AsyncIterable<readonly LogRecord[]>
  /** Bytes of the log behind the last snapshot, including rows that are not yet on record. */
  readonly bytesSinceSnapshot: number
  /** Bytes of the last snapshot; 0 without one. */
  readonly snapshotBytes: number
  /** The reason why rows are waiting for the store; null while it responds. */
  readonly trouble: string | null
  /**
   * Adds records behind all others, all or none of them. Resolves when they are on record, in the order of the calls.
   * While the store is unreachable the promise stays pending, and the rows are sent again. Calls can be made without
   * waiting for earlier ones; those that wait for a row under way share the next one.
   *
   * `projection` replaces that of the last call. `takenEntries` are the ids of inbox entries that these records apply;
   * the entries leave the inbox in the same transaction. `isProgress` is false for records that each owner writes again,
   * so that a session that ends its owners is parked although they write.
   *
   * @throws {CodecellError} `SESSION_LOST`, and from then on always. `LIMIT_EXCEEDED` for records above
   * `maxBatchBytes`, or a log above `maxLogBytes` behind its snapshot; nothing is added, and the log stays usable.
   * `STORE_UNREACHABLE` when the store is disposed while rows are pending.
   */
  append(
    records: readonly LogRecord[],
    projection: Projection,
    takenEntries?: readonly string[],
    isProgress?: boolean,
  ): Promise<void>
  /** Returns the inbox entries that no record has applied, the oldest first. */
  inbox(): Promise<readonly InboxEntry[]>
  /**
   * Returns whether the inbox had entries at most 250 ms ago. All sessions of the node share the statement, so that each can ask once a
   * second.
   */
  hasEntries(): Promise<boolean>
  /**
   * Stores bytes under their digest. Records name large strings by their digest: `putBlob` resolves first, then the
   * record is appended. With the scope `tenant`, all sessions of a tenant share the bytes, as for catalogues.
   *
   * @throws {CodecellError} `LIMIT_EXCEEDED` above `maxBlobBytes`, `STORE_UNREACHABLE`
   */
  putBlob(bytes: Uint8Array, scope?: BlobScope): Promise<Digest>
  /** @throws {CodecellError} `SESSION_INVALID` for a missing or damaged blob, `STORE_UNREACHABLE` */
  getBlob(digest: Digest, scope?: BlobScope): Promise<Uint8Array>
  /**
   * Replaces everything that was passed to `append` before this call by `records`. Later appends do not wait for
   * it. Without an append since the last snapshot it does nothing. With `removesBlobs`, the blobs of the session are removed:
   * no record names one.
   *
   * @throws {CodecellError} `SESSION_LOST`, `STORE_UNREACHABLE`; then the log is as before
   */
  snapshot(records: AsyncIterable<readonly LogRecord[]>, options?: SnapshotOptions): Promise<void>
  /** Returns the time of the store at a time of `performance.now()`, in milliseconds since 1970. */
  timeAt(monotonic: number): number
  /** The time until which no other node takes the session. Effects must stop before; see {@link Deadline}. */
  readonly heldUntil: Deadline
  /** Resolves once when another owner has the session, or when it must be opened again. Never rejects. */
  readonly lost: Promise<SessionLost>
  /**
   * Waits for pending rows, then gives up the session. Entries that are still in the inbox make it due at once. The log
   * cannot be used afterwards. A lost session has no effect.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`; then the session stays open
   */
  release(wake: Wake): Promise<void>
}

export type SnapshotOptions = {
  /** @default false */
  readonly removesBlobs?: boolean
}

/** A deadline by the clocks of this machine. It moves on as long as the node renews its lease. */
export interface Deadline {
  /**
   * Returns the remaining milliseconds, negative when it has passed. The wall clock and the monotonic clock both count,
   * whichever advanced more: the monotonic clock stands still in a suspended machine, and the wall clock can be set.
   */
  remainingMs(): number
}

/** When a released session becomes due, in milliseconds since 1970; null: with its next inbox entry. */
export type Wake = {
  readonly at: number | null
  /**
   * The needs that depend on the content of the session: names that start with `engine:` or `format:`. They replace the earlier ones.
   *
   * @default as they are
   */
  readonly needs?: readonly string[]
  /**
   * Whether `takeDue` skips the session until it is opened by name, as for a session whose records cannot be read.
   *
   * @default false
   */
  readonly isParked?: boolean
}

/** The reason why an owner lost a session. */
export type SessionLost = {
  /**
   * `taken_over`: another owner has written. `rows_missing`: the store does not have the rows of this owner any longer,
   * as after a failover that lost commits. `removed`: the session was removed.
   */
  readonly type: 'taken_over' | 'rows_missing' | 'removed'
  /** The error with which every call rejects. */
  readonly error: CodecellError
}

/** The facts that others can read without opening, written in the same transaction as the records. */
export type Projection = {
  /** When the session must act next, in milliseconds since 1970, or null. */
  readonly wakeAt: number | null
  /** All pending approvals. */
  readonly approvals: readonly ApprovalRow[]
  readonly counts: SessionCounts
  /**
   * The engines of running cells.
   *
   * @default none
   */
  readonly engines?: readonly EngineCells[]
}

/** Running cells of one engine: `id` is its short name, `name` its kind and version. */
export type EngineCells = { readonly id: string; readonly name: string; readonly cells: number }

/** A pending approval, for people and dashboards. */
export type ApprovalRow = {
  readonly key: string
  readonly cellId: string
  readonly callId: string
  readonly identifier: string
  /** JSON, truncated by the session. */
  readonly input: string
  /** In milliseconds since 1970. */
  readonly askedAt: number
}

/** Cells by their state. */
export type SessionCounts = { readonly running: number; readonly finished: number; readonly closed: number }

/**
 * A record of the log: a JSON object. The store keeps all of its fields and reads none of them. `cell` is 0 for records
 * of the session. Readers refuse unknown types. The store itself writes only {@link TookRecord}.
 */
export type LogRecord = { readonly type: string; readonly cell: number }

/** The record of a new owner. `at` is the time of its node in milliseconds since 1970. */
export type TookRecord = {
  readonly type: 'took'
  readonly cell: 0
  readonly epoch: number
  readonly node: string
  readonly at: number
}

/** A message for the owner of a session: a decision, the result of a deferred call, a termination. */
export type InboxEntry = {
  /** Chosen by the sender: 1 to 200 printable ASCII characters. */
  readonly id: string
  readonly kind: string
  /** JSON. */
  readonly body: unknown
}

/** SHA-256 in hexadecimal. */
export type Digest = string

/** `session`: removed with the session. `tenant`: shared by all sessions of the tenant. */
export type BlobScope = 'session' | 'tenant'

/** Selects sessions of one tenant. */
export type SessionQuery = {
  readonly tenant: string
  /** Only sessions with pending approvals. */
  readonly hasApprovals?: boolean
  /** Only sessions that `takeDue` does not return, because they ended several owners in a row, or were released so. */
  readonly isParked?: boolean
  /** The id behind which the list starts. */
  readonly after?: string
}

/** A summary of a stored session. Times are in milliseconds since 1970, by the clock of the store. */
export type SessionSummary = {
  readonly name: SessionName
  readonly epoch: number
  /** The live node that has it open; null: nothing in it runs. */
  readonly owner: NodeAddress | null
  readonly createdAt: number
  readonly lastActivityAt: number
  readonly counts: SessionCounts
  /** The number of pending approvals. */
  readonly approvals: number
  readonly wakeAt: number | null
  /** The number of inbox entries that no record has applied. */
  readonly inbox: number
  readonly isParked: boolean
}

/** Everything that the store has of one session, except blobs. */
export type SessionReport = SessionSummary & {
  readonly records: readonly LogRecord[]
  readonly approvalList: readonly ApprovalRow[]
  readonly entries: readonly InboxEntry[]
}
