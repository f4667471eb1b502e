import type { CodecellError } from '../errors.ts'
import type { StartCommand } from '../protocol/command.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { Remark } from '../protocol/remark.ts'
import type { ApprovalStore } from './approval-store.ts'
import type { Journal } from './journal.ts'
import type { CellLedger, LedgerEntry } from './ledger.ts'

/** How a cell ended. */
export type CellEnding = 'completed' | 'failed' | 'terminated'

/** A cell that is about to start. */
export type NewCell = {
  readonly cellId: string
  readonly execCallId: string | null
  /** The request that starts it, when it may be repeated. */
  readonly requestId: string | null
  readonly source: string
  readonly start: StartCommand
  /** What `load` finds. */
  readonly storedValues: ReadonlyMap<string, string>
  /** JSON text of `ALL_TOOLS`. */
  readonly catalogue: string
}

/** What a cell was told or has done before its agent's process ended. */
export type CellProgress = {
  /** Events of output that were handed over. */
  readonly delivered: number
  /** Notifications that were delivered. */
  readonly notified: number
  /** Calls whose answer is in the journal, with how they ended. */
  readonly responses: ReadonlyMap<number, { readonly type: 'tool_response' | 'tool_error'; readonly body: string }>
  readonly firedTimers: ReadonlySet<number>
  /** Timers whose record is in the journal. */
  readonly recordedTimers: ReadonlySet<number>
  /** The time of the last command. */
  readonly lastTime: number
}

/** `due` in milliseconds since 1970, `delay` in milliseconds. */
export type TimerRecord = { readonly due: number; readonly delay: number }

/** How a cell ended by itself, and the output that nobody has taken. */
export type CellEnd = {
  readonly errorText: string | null
  readonly limit: string | null
  /** What has to be said about its work. */
  readonly remarks: readonly Remark[]
  readonly items: readonly ContentItem[]
}

/** What is kept of one cell. */
export interface CellStore {
  readonly ledger: CellLedger
  /** The journal of a run that begins with this command. */
  journal(start: StartCommand): Journal
  /** Throws `STORAGE_FAILED` while anything of the journal could not be written, `SESSION_LOST`: then nothing outside may happen. */
  flush(): void
  /** Throws `SESSION_LOST`. */
  checkOwner(): void
  recordTimer(id: number, timer: TimerRecord): void
  /** There is no host for the cell, for this reason; null: there is one again. For those who look at the session. */
  recordHostWait(reason: string | null): void
  /** The notification of this number, counted from 1, was delivered. */
  recordNotification(count: number): void
  /** A response is about to be handed over, all output events up to `delivered` with it. Throws `STORAGE_FAILED`. */
  recordResponse(answer: {
    readonly requestId: string | null
    readonly outcome: unknown
    readonly delivered: number
  }): void
  /** The program is over; what it wrote counts from here on. Throws `STORAGE_FAILED`. */
  recordEnd(end: CellEnd, writes: ReadonlyMap<string, string>): void
  /** The last response is about to be handed over. Throws `STORAGE_FAILED`. */
  recordEnding(ending: CellEnding): void
  /** The cell is closed, and that is on record: its journal is not read any more. */
  release(): void
  /** Does several of these as one. Throws `STORAGE_FAILED`: then none has happened. */
  transaction(work: () => void): void
  /** Does something of these now, or, when it cannot be written, later. */
  writeOrRetry(work: () => void): void
}

/** Kept output of one cell: a text for `load`, in the order of age. */
export type RetainedRecord = { readonly cellId: string; readonly entry: RetainedEntry | null }

export type RetainedEntry = {
  readonly text: string
  readonly bytes: number
  readonly isWhole: boolean
  readonly isCut: boolean
  readonly isOver: boolean
}

/** A cell of an earlier process, as it was left. */
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

/** Where a session keeps what has to outlive it. */
export interface SessionStore {
  /** The name of the session; keys of calls begin with it. */
  readonly id: string
  /** Whether it outlives the process. */
  readonly isDurable: boolean
  readonly approvals: ApprovalStore
  /** How many cells were started so far. */
  readonly cellCount: number
  readonly storedValues: ReadonlyMap<string, string>
  /** The cells that are not closed, the oldest first. */
  unfinished(): readonly StoredCell[]
  /** How closed cells ended, the oldest first. */
  endings(): Iterable<readonly [cellId: string, ending: CellEnding]>
  /** Kept outputs, the oldest first. */
  retainedOutputs(): Iterable<readonly [cellId: string, entry: RetainedEntry]>
  /** Puts the kept output of a cell behind all others; null takes it away. */
  retainOutput(record: RetainedRecord): void
  /** Throws `STORAGE_FAILED`: then the cell must not start. */
  begin(cell: NewCell): CellStore
  /** The response that was handed over for a request, undefined when there is none on record. */
  responseTo(requestId: string, cellId: string | null): unknown
  /** The cell that a request started. */
  cellStartedBy(requestId: string): { readonly cellId: string; readonly source: string } | null
  /** All calls of a cell, or of all cells, the first one first. */
  ledger(cellId: string | null): readonly LedgerEntry[]
  /** The ledger of a cell that was started, whether it goes on or not; null when nothing of it is kept. */
  ledgerOf(cellId: string): CellLedger | null
  /** `callback` is called once, when it is noticed that another process has taken the session over. */
  onLost(callback: (error: CodecellError) => void): void
  /** Throws `SESSION_LOST` when another process has opened the session. */
  checkOwner(): void
  close(): void
}
