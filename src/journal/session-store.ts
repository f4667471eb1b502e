import type { StartCommand } from '../protocol/command.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { ApprovalStore } from './approval-store.ts'
import type { Journal } from './journal.ts'
import type { CellLedger, LedgerEntry } from './ledger.ts'

/** How a cell ended. */
export type CellEnding = 'completed' | 'failed' | 'terminated'

/** A cell that is about to start. */
export type NewCell = {
  readonly cellId: string
  readonly execCallId: string | null
  readonly source: string
  readonly start: StartCommand
  /** What `load` finds. */
  readonly storedValues: ReadonlyMap<string, string>
  /** JSON text of `ALL_TOOLS`. */
  readonly catalogue: string
}

/** What a cell was told or has done before its agent's process ended; null for a cell that is new. */
export type CellMemory = {
  /** Events of output that were handed over. */
  readonly delivered: number
  /** Notifications that were delivered. */
  readonly notified: number
  /** Calls whose answer is in the journal, with how they ended. */
  readonly answers: ReadonlyMap<number, { readonly type: 'tool_response' | 'tool_error'; readonly body: string }>
  readonly firedTimers: ReadonlySet<number>
  readonly timers: ReadonlyMap<number, TimerRecord>
  /** The time of the last command. */
  readonly lastTime: number
}

/** `due` in milliseconds since 1970, `delay` in milliseconds. */
export type TimerRecord = { readonly due: number; readonly delay: number }

/** How a cell ended by itself, and the output that nobody has taken. */
export type CellEnd = {
  readonly errorText: string | null
  readonly limit: string | null
  readonly items: readonly ContentItem[]
}

/** What is kept of one cell. */
export interface CellStore {
  readonly ledger: CellLedger
  readonly memory: CellMemory | null
  /** The journal of the program as it was given, or of another text in its place. */
  journal(body: string): Journal
  timerSet(id: number, timer: TimerRecord): void
  /** The notification of this number, counted from 1, was delivered. */
  notified(count: number): void
  /** A response is about to be handed over, all output events up to `delivered` with it. Throws `STORAGE_FAILED`. */
  answered(answer: { readonly requestId: string | null; readonly outcome: unknown; readonly delivered: number }): void
  /** The program is over; what it wrote counts from here on. Throws `STORAGE_FAILED`. */
  finished(end: CellEnd, writes: ReadonlyMap<string, string>): void
  /** The last response is about to be handed over. Throws `STORAGE_FAILED`. */
  closed(ending: CellEnding): void
  /** Does several of these as one. Throws `STORAGE_FAILED`: then none has happened. */
  together(work: () => void): void
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
    | { readonly type: 'running' }
    | { readonly type: 'finished'; readonly end: CellEnd; readonly endedAt: number }
  readonly store: CellStore
}

/** Where a session keeps what has to outlive it. */
export interface SessionStore {
  /** The name of the session; keys of calls begin with it. */
  readonly id: string
  readonly approvals: ApprovalStore
  /** How many cells were started so far. */
  readonly cellCount: number
  readonly storedValues: ReadonlyMap<string, string>
  /** The cells that are not closed, the oldest first. */
  unfinished(): readonly StoredCell[]
  /** How closed cells ended, the oldest first. */
  endings(): Iterable<readonly [cellId: string, ending: CellEnding]>
  /** Throws `STORAGE_FAILED`: then the cell must not start. */
  begin(cell: NewCell): CellStore
  /** The response that was handed over for a request, undefined when there is none on record. */
  answerTo(requestId: string, cellId: string | null): unknown
  /** The cell that a request started. */
  startedBy(requestId: string): { readonly cellId: string; readonly source: string } | null
  /** All calls of a cell, or of all cells, the first one first. */
  ledger(cellId: string | null): readonly LedgerEntry[]
  close(): void
}
