import type { ApprovalGrant, ApprovalRecord } from '../../approval-store.ts'
import type { CallState, Deferral, RevertState } from '../../ledger.ts'
import { MemoryJournal } from '../../memory/memory-journal.ts'
import { SpillableTexts, type TextQuota } from '../../memory/spillable-texts.ts'
import type { CellEnding, TimerRecord } from '../../session-store.ts'
import type { StartCommand } from '../../../protocol/command.ts'
import type { RecordOf } from '../records/log-record.ts'
import { StateSnapshot } from './state-snapshot.ts'

/** A call of the ledger. `wholeInput` is null for a call that cannot be reverted. */
export type StateCall = Omit<RecordOf<'waiting'>, 'type' | 'cell'> & {
  state: CallState
  epoch: number
  startedAt: number | null
  /** Whether the call was started more than once. */
  isRetried: boolean
  endedAt: number | null
  note: string | null
  wholeInput: string | null
  result: string | null
  /** With the whole body of the provided result. */
  deferral: Deferral | null
  reverted: RevertState | null
}

type StateApproval = { readonly record: ApprovalRecord; readonly input: string | null }

/** The end of a program; `remarks` and `items` are JSON. */
export type StateEnd = Omit<RecordOf<'finished'>, 'type' | 'cell' | 'at'>

/** The commands and outputs that a cell has received. */
export type StateJournal = {
  readonly journal: MemoryJournal
  readonly texts: SpillableTexts
  readonly snapshot: StateSnapshot
  /** The number of fingerprints that are in records. */
  printed: number
  /** Timers that have not fired. */
  readonly timers: Map<number, TimerRecord>
  readonly recordedTimers: Map<number, TimerRecord>
}

/** A cell. `journal` is null when the cell is closed, and empty when its last response can then be claimed again. */
export type StateCell = {
  readonly begun: RecordOf<'begun'>
  readonly start: StartCommand
  readonly storedValues: ReadonlyMap<string, string>
  readonly calls: Map<number, StateCall>
  /** The calls that wait for their result. */
  readonly deferred: Set<number>
  readonly approvals: Map<number, StateApproval>
  /** The calls that wait for a decision. */
  readonly pending: Set<number>
  journal: StateJournal | null
  end: StateEnd | null
  ending: CellEnding | null
  /** When the program ended, in milliseconds since 1970. */
  endedAt: number | null
  errorText: string | null
  delivered: number
  notified: number
  /** Notifications for the next response, the oldest first. */
  notices: string[]
  hostWait: string | null
}

export type StateResponse = { readonly cell: number; readonly requestId: string; readonly outcome: string }

/** Everything that the records of a session say. `applyRecord` changes it. */
export class SessionState {
  /** The quota of the session for journals. */
  readonly #quota: TextQuota
  epoch = 0
  /** The last move of the session; null when it was never moved. */
  move: RecordOf<'move'> | null = null
  readonly cells: Map<number, StateCell> = new Map()
  /** The cells that are not closed, by number. */
  readonly openCells: Map<number, StateCell> = new Map()
  /** The cells that requests started. */
  readonly requests: Map<string, number> = new Map()
  #storedValues: Map<string, string> = new Map()
  /** Whether a caller has the map of stored values, so that it must not change. */
  #isShared = false
  readonly catalogues: Map<string, string> = new Map()
  readonly grants: Map<string, ApprovalGrant> = new Map()
  /** Retained outputs as JSON, the oldest first. */
  readonly retained: Map<number, string> = new Map()
  /** Responses to requests, the oldest first. */
  readonly responses: Map<string, StateResponse> = new Map()

  /** The cell that was closed last. Only its notices are kept, for the response that reports the end. */
  lastClosed: StateCell | null = null

  /** The engine of the cells; null without a record. */
  engine: string | null = null

  /** The key that seals the snapshots of cells, in base64; null without one. */
  snapshotKey: string | null = null

  /** The state of the client as JSON; null without one. */
  client: string | null = null

  constructor(quota: TextQuota) {
    this.#quota = quota
  }

  /** The stored values. The returned map never changes. */
  get storedValues(): ReadonlyMap<string, string> {
    this.#isShared = true
    return this.#storedValues
  }

  store(key: string, json: string): void {
    if (this.#isShared) this.#storedValues = new Map(this.#storedValues)
    this.#isShared = false
    this.#storedValues.set(key, json)
  }

  newJournal(start: StartCommand, storedValues: ReadonlyMap<string, string>): StateJournal {
    const texts = new SpillableTexts(this.#quota)
    const journal = new MemoryJournal(start, storedValues, texts)
    const snapshot = new StateSnapshot(this.#quota)
    return { journal, texts, snapshot, printed: 0, timers: new Map(), recordedTimers: new Map() }
  }

  /** Releases temporary files. */
  close(): void {
    for (const { journal } of this.openCells.values()) {
      journal?.texts.remove()
      journal?.snapshot.release()
    }
  }
}

/** Returns the name of a response in the map of responses. */
export function responseKey(requestId: string, cell: number): string {
  return `${cell}\0${requestId}`
}

/** Returns the name of a grant in the map of grants. */
export function grantKey(cell: number, identifier: string): string {
  return `${cell}\0${identifier}`
}
