import type { CodecellError } from '../errors.ts'
import type { OutcomeLimitName } from '../protocol/cell-limits.ts'
import type { StartCommand } from '../protocol/command.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { Remark } from '../protocol/remark.ts'
import type { ApprovalStore } from './approval-store.ts'
import type { LeftEntry } from './inbox-content.ts'
import type { Journal } from './journal.ts'
import type { CellLedger, LedgerEntry, ProvidedResult } from './ledger.ts'
import type { SnapshotSlot } from './snapshot-slot.ts'

/** The ending of a closed cell. */
export type CellEnding = 'completed' | 'failed' | 'terminated'

/**
 * The point up to which everything is on record. No effect may leave the session before it. Null: everything is on record
 * already, and the caller continues in the same turn. Barriers resolve in the order in which they were requested.
 *
 * It rejects with `STORAGE_FAILED` when the records cannot be written for now: the effect must not happen, and a later
 * barrier can resolve. It rejects with `SESSION_LOST` when another process owns the session: then all later ones reject.
 */
export type Barrier = Promise<void> | null

/** A cell that is about to start. */
export type NewCell = {
  readonly cellId: string
  readonly execCallId: string | null
  /** The request that starts it, if it may be repeated. */
  readonly requestId: string | null
  readonly source: string
  readonly start: StartCommand
  /** The values that `load` returns. */
  readonly storedValues: ReadonlyMap<string, string>
  /** JSON of `ALL_TOOLS`. */
  readonly catalogue: string
}

/** The progress of a cell when the process of its agent ended. */
export type CellProgress = {
  /** The number of output events that were delivered. */
  readonly delivered: number
  /** The number of notifications that were delivered. */
  readonly notified: number
  /** Calls with a result in the journal. */
  readonly responses: ReadonlyMap<number, { readonly type: 'tool_response' | 'tool_error'; readonly body: string }>
  readonly firedTimers: ReadonlySet<number>
  /** Timers with a record in the journal. */
  readonly recordedTimers: ReadonlySet<number>
  /** The time of the last command. */
  readonly lastTime: number
}

/** `due` in milliseconds since 1970, `delay` in milliseconds. */
export type TimerRecord = { readonly due: number; readonly delay: number }

/** The end of a program, with its unread output. */
export type CellEnd = {
  /** Whether another process terminated the cell. */
  readonly isTerminated?: boolean
  readonly errorText: string | null
  readonly limit: OutcomeLimitName | null
  /** Observations about its work. */
  readonly remarks: readonly Remark[]
  readonly items: readonly ContentItem[]
}

/** The storage of one cell. */
export interface CellStore {
  readonly ledger: CellLedger
  /** The place for a snapshot of the cell. Absent: the store ends with its process. */
  readonly snapshot?: SnapshotSlot
  /** Returns the journal of a run that begins with this command. */
  journal(start: StartCommand): Journal
  /** Returns a {@link Barrier} for everything that was written about this cell. */
  barrier(): Barrier
  /** @throws {CodecellError} `SESSION_LOST` */
  checkOwner(): void
  recordTimer(id: number, timer: TimerRecord): void
  /** Records the reason why the cell has no host; null when it has one again. For reports about the session. */
  recordHostWait(reason: string | null): void
  /** Records the delivery of the notification with this number, counted from 1. */
  recordNotification(count: number): void
  /**
   * Records a response before it is delivered, with all output events up to `delivered`.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  recordResponse(response: {
    readonly requestId: string | null
    readonly outcome: unknown
    readonly delivered: number
  }): void
  /**
   * Records that the program has ended, and commits its stored values.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  recordEnd(end: CellEnd, writes: ReadonlyMap<string, string>): void
  /**
   * Records that the last response is about to be delivered.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  recordEnding(ending: CellEnding): void
  /** Releases the journal of a cell that is closed; it is not read again. */
  release(): void
  /**
   * Runs several of these as one.
   *
   * @throws {CodecellError} `STORAGE_FAILED`; then none has happened
   */
  transaction(work: () => void): void
  /** Runs one of these at once; a write that fails is retried. */
  writeOrRetry(work: () => void): void
}

/** The retained output of one cell, a string for `load`, in order of age. */
export type RetainedRecord = { readonly cellId: string; readonly entry: RetainedEntry | null }

export type RetainedEntry = {
  readonly text: string
  readonly bytes: number
  readonly isWhole: boolean
  readonly isCut: boolean
  readonly isOver: boolean
}

/** A cell of an earlier process. */
export type StoredCell = {
  readonly cellId: string
  readonly execCallId: string | null
  readonly source: string
  readonly start: StartCommand
  readonly storedValues: ReadonlyMap<string, string>
  readonly catalogue: string
  readonly state:
    | { readonly type: 'running'; readonly memory: CellProgress }
    | { readonly type: 'finished'; readonly end: CellEnd }
  readonly store: CellStore
}

/** The entries that other processes have left for the owner of a session. */
export interface Inbox {
  /** Interval at which the owner reads the inbox, in milliseconds. */
  readonly pollMs: number
  /**
   * Returns the entries that were not taken, the oldest first.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`, `SESSION_INVALID` for a corrupt file
   */
  entries(): Promise<readonly LeftEntry[]>
  /**
   * Returns whether there were entries a moment ago, which costs less than reading them.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`
   */
  hasEntries(): Promise<boolean>
  /**
   * Runs `work`, which applies the entry, and removes the entry. `work` returns the reason for which it did not apply it; null: it
   * did. After a crash in between, the entry is there again.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  take(entry: string, work: () => string | null): void
  /**
   * Removes an entry that no session can apply, and keeps a trace of it for the operator.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  refuse(entry: string, reason: string): void
  /**
   * Runs `work`, which records a result of the owner itself, unless another process leaves one for this call. Returns whether it ran.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  claim(key: string, result: ProvidedResult, work: () => void): boolean
}

/** The notifications of a cell that no response has delivered, the oldest first. */
export type StoredNotices = {
  readonly cellId: string
  readonly execCallId: string | null
  readonly texts: readonly string[]
}

/** `isDue`: the next owner has work at once, because cells compute, or tools or handlers run. */
export type SessionClosing = { readonly isDue: boolean }

/** The storage of a session. */
export interface SessionStore {
  /** The id of the session; keys of calls begin with it. */
  readonly id: string
  /** Whether the storage survives the process. */
  readonly isDurable: boolean
  /** The number of this opening of the session: a later owner has a greater one. */
  readonly epoch: number
  /** The engine of the cells on record; null for none. Missing: another process cannot open the session. */
  readonly engine?: string | null
  /**
   * Records the engine of the cells.
   *
   * @throws {CodecellError} `STORAGE_FAILED`, `SESSION_LOST`
   */
  recordEngine?(engine: string): void
  /**
   * Returns the time of a store that several machines share at a time of `performance.now()`, in milliseconds since 1970. Absent for
   * a store of this machine.
   */
  readonly timeAt?: (monotonic: number) => number
  readonly approvals: ApprovalStore
  /** Null for a session that no other process can reach. */
  readonly inbox: Inbox | null
  /** The number of cells that were started. */
  readonly cellCount: number
  readonly storedValues: ReadonlyMap<string, string>
  /** Returns the cells that are not closed, the oldest first. */
  unfinished(): readonly StoredCell[]
  /** Returns the endings of closed cells, the oldest first. */
  endings(): Iterable<readonly [cellId: string, ending: CellEnding]>
  /** Returns the retained outputs, the oldest first. */
  retainedOutputs(): Iterable<readonly [cellId: string, entry: RetainedEntry]>
  /** Stores the retained output of a cell as the latest; null removes it. */
  retainOutput(record: RetainedRecord): void
  /** Whether nothing further can be written until the session is opened again. Absent: writes are tried again. */
  readonly hasFailed?: boolean
  /** Returns the notifications that were recorded and not delivered. Only shared stores have them. */
  notices?(): readonly StoredNotices[]
  /** Records a notification that waits for the next response of its cell; null: a response has all of them. */
  recordNotice?(cellId: string, text: string | null): void
  /** Returns what the server of the client recorded last, as JSON; null without a record. Only shared stores have it. */
  clientState?(): string | null
  /** @throws {CodecellError} `SESSION_LOST` */
  recordClientState?(json: string): void
  /**
   * Records a new cell.
   *
   * @throws {CodecellError} `STORAGE_FAILED`; then the cell must not start
   */
  begin(cell: NewCell): CellStore
  /** Returns the delivered response to a request, or undefined. */
  responseTo(requestId: string, cellId: string | null): unknown
  /** Returns the cell that a request started. */
  cellStartedBy(requestId: string): { readonly cellId: string; readonly source: string } | null
  /** Returns all calls of a cell, or of all cells, in order. */
  ledger(cellId: string | null): readonly LedgerEntry[]
  /** Returns the ledger of a cell, whether it runs or not; null when nothing of it is stored. */
  ledgerOf(cellId: string): CellLedger | null
  /** Calls `callback` once, when another process has taken the session over. */
  onLost(callback: (error: CodecellError) => void): void
  /** Calls `callback` with true when the cells must stand still, because too much waits for the store, and then with false. */
  onBacklog?(callback: (isLong: boolean) => void): void
  /** @throws {CodecellError} `SESSION_LOST` when another process has opened the session */
  checkOwner(): void
  /** Returns a {@link Barrier} for everything that was written about the session, other than the journals of its cells. */
  barrier(): Barrier
  /** Called when the session begins to close: barriers that stay pending for too long reject. */
  beginClose?(): void
  /** Closes the store. Pending barriers settle before the promise. */
  close(ending?: SessionClosing): Promise<void>
}
