import type { SourceLocation } from '../../../events/session-event.ts'
import type { JournaledCommand } from '../../../protocol/command.ts'
import type { ApprovalRecord } from '../../approval-store.ts'
import type { CallState, ProvidedResult, RevertState } from '../../ledger.ts'
import type { SessionMove } from '../../session-move.ts'
import type { CellEnding } from '../../session-store.ts'

/**
 * A write of a session as a record of its log. The state of a session is a function of its records, in order. `cell` is 0 in
 * records of the session. All values are scalars: structures are JSON in a string, so that a long string can be stored as a blob.
 * Times are in milliseconds since 1970.
 */
export type LogRecord = SessionRecord | CellRecord | CallRecord | JournalRecord | SnapshotRecord

type SessionRecord =
  /** A new owner of the session. The store writes it. */
  | { readonly type: 'took'; readonly cell: 0; readonly epoch: number; readonly node: string; readonly at: number }
  /** The tools of the cells that name this digest. */
  | { readonly type: 'catalogue'; readonly cell: 0; readonly digest: string; readonly json: string }
  /** A stored value. */
  | { readonly type: 'stored'; readonly cell: 0; readonly key: string; readonly json: string }
  /** An approval of further calls, in one cell or, with 0, in the session. `left` is null for an unlimited number. */
  | {
      readonly type: 'grant'
      readonly cell: number
      readonly identifier: string
      readonly toolDigest: string | null
      readonly left: number | null
    }
  /** An entry of the inbox that the records of the same row apply, or that was refused for this reason. */
  | { readonly type: 'inbox_taken'; readonly cell: 0; readonly entry: string; readonly reason: string | null }
  /** The last move of the session. Owners of this log have epochs above `epochs`, which those of the other location do not exceed. */
  | ({ readonly type: 'move'; readonly cell: 0; readonly epochs: number } & SessionMove)
  /** The state of the client that uses the session, as JSON. */
  | { readonly type: 'client'; readonly cell: 0; readonly json: string }
  /** The engine of the cells. Without a record it is V8. */
  | { readonly type: 'engine'; readonly cell: 0; readonly name: string }
  /** The key that seals the snapshots of cells, in base64. */
  | { readonly type: 'snapshot_key'; readonly cell: 0; readonly key: string }
  /** Records that count together, as JSON: they are too long for one row. */
  | { readonly type: 'batch'; readonly cell: 0; readonly records: string }

type CellRecord =
  /** A new cell. `start` is JSON without the source. It starts with the values that are stored at this point. */
  | {
      readonly type: 'begun'
      readonly cell: number
      readonly execCallId: string | null
      readonly requestId: string | null
      readonly source: string
      readonly start: string
      readonly catalogue: string
    }
  /** A response, with the number of output events before it. `outcome` is JSON for a request that can be repeated. */
  | {
      readonly type: 'responded'
      readonly cell: number
      readonly delivered: number
      readonly requestId: string | null
      readonly outcome: string | null
    }
  | { readonly type: 'notified'; readonly cell: number; readonly count: number }
  /** A notification that the handler keeps for the next response of its cell. `text` is null when a response has all of them. */
  | { readonly type: 'notice'; readonly cell: number; readonly text: string | null }
  /** The end of a program. `remarks` and `items`, its unread output, are JSON. `isTerminated`: by another process. */
  | {
      readonly type: 'finished'
      readonly cell: number
      readonly isTerminated: boolean
      readonly errorText: string | null
      readonly limit: string | null
      readonly remarks: string
      readonly items: string
      readonly at: number
    }
  /** The last response. Pending decisions are denied. */
  | { readonly type: 'closed'; readonly cell: number; readonly ending: CellEnding; readonly at: number }
  /** The retained output of the cell as the latest, as JSON; null removes it. */
  | { readonly type: 'retained'; readonly cell: number; readonly entry: string | null }

type CallRecord =
  /** A call that waits for a decision, or was refused. */
  | ({ readonly type: 'waiting' } & RecordedCall)
  /** A call whose tool is about to be called. `input` is the whole input of a call that can be reverted. */
  | ({
      readonly type: 'started'
      readonly epoch: number
      readonly at: number
      readonly wholeInput: string | null
    } & RecordedCall)
  /** A started call whose result arrives later. */
  | {
      readonly type: 'deferred'
      readonly cell: number
      readonly call: number
      readonly note: string | null
      readonly expiresAt: number | null
      readonly at: number
    }
  /** The result of a deferred call, before its cell receives it: JSON, or the text of an error. */
  | {
      readonly type: 'provided'
      readonly cell: number
      readonly call: number
      readonly id: string | null
      readonly result: ProvidedResult['type']
      readonly body: string
      readonly at: number
    }
  /** The outcome of a call. `result` is JSON. */
  | {
      readonly type: 'ended'
      readonly cell: number
      readonly call: number
      readonly state: CallState
      readonly note: string | null
      readonly result: string | null
      readonly at: number
    }
  /** A pending or final decision. `input` is JSON. */
  | ({
      readonly type: 'approval'
      readonly cell: number
      readonly input: string | null
    } & Omit<ApprovalRecord, 'cellId'>)
  /** The outcome of a revert. */
  | {
      readonly type: 'reverted'
      readonly cell: number
      readonly call: number
      readonly result: RevertState['type']
      readonly note: string | null
      readonly at: number
    }

/** A call as the ledger has it. `input` is truncated; `inputHash` is that of the whole input. */
type RecordedCall = {
  readonly cell: number
  readonly call: number
  readonly key: string
  readonly identifier: string
  readonly input: string
  readonly inputHash: string
  readonly line: number | null
  readonly column: number | null
  readonly isReadOnly: boolean
}

type JournalRecord =
  /** A command of a cell. */
  | {
      readonly type: 'given'
      readonly cell: number
      readonly command: JournaledCommand['type']
      readonly time: number
      readonly id: number
      readonly body: string | null
    }
  | { readonly type: 'timer'; readonly cell: number; readonly id: number; readonly due: number; readonly delay: number }
  /** Fingerprints of events in Base64; `from` is the number of events before them. */
  | { readonly type: 'events'; readonly cell: number; readonly from: number; readonly prints: string }
  /** Retained output of the cell `output` that this cell loaded. */
  | { readonly type: 'output'; readonly cell: number; readonly output: number; readonly body: string | null }
  /**
   * The reason why the cell has no host; null when it has one. `engine` is the JSON of the engine of the host, for the first host and
   * when it differs from that of the host before.
   */
  | {
      readonly type: 'host'
      readonly cell: number
      readonly reason: string | null
      readonly engine: string | null
    }

type SnapshotRecord =
  /** A part of the snapshot of a cell, in base64. It replaces the earlier one when all its parts are there; `parts` 0 removes it. */
  {
    readonly type: 'snapshot'
    readonly cell: number
    readonly part: number
    readonly parts: number
    readonly body: string
  }

/** The record of one type. */
export type RecordOf<Type extends LogRecord['type']> = Extract<LogRecord, { readonly type: Type }>

/** Returns the location of a recorded call. */
export function locationOf({ line, column }: Pick<RecordedCall, 'line' | 'column'>): SourceLocation | null {
  return line === null || column === null ? null : { line, column }
}
