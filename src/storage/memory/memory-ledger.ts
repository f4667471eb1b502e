import {
  maxShownResultChars,
  previousStates,
  type CallEnd,
  type CallState,
  type CellLedger,
  type DeferralRequest,
  type LedgerCall,
  type LedgerEntry,
  type ProvidedResult,
  type RevertibleCall,
  type RevertState,
} from '../ledger.ts'
import { ownCopy } from '../../platform/utf8.ts'
import { parseNote } from '../settlement.ts'
import { truncatedInput } from '../truncated-input.ts'
import { SpillableTexts, type SpillableText, type TextQuota } from './spillable-texts.ts'

/** Without members that follow from the number of the call: many cells wait for a long time. */
type CallRecord = {
  entry: Omit<LedgerEntry, 'cellId' | 'callId' | 'key'>
  readonly input: SpillableText | null
  result: SpillableText | null
}

/** Maximum length of an input once the ledger is full, in characters. */
const maxInputWhenFull = 100

/** The ledger of a cell, in memory. */
export class MemoryLedger implements CellLedger {
  readonly #sessionId: string
  readonly #cellId: string
  readonly #calls = new Map<number, CallRecord>()
  readonly #texts: SpillableTexts
  readonly #quota: TextQuota
  /** Characters of the quota that the entries take. */
  #length = 0
  #isFull = false

  constructor(sessionId: string, cellId: string, room: TextQuota) {
    this.#quota = room
    this.#texts = new SpillableTexts(room)
    this.#sessionId = sessionId
    this.#cellId = cellId
  }

  get size(): number {
    return this.#calls.size
  }

  keyOf(call: number): string {
    return `${this.#sessionId}/${this.#cellId}/tool-${call}`
  }

  find(call: number): LedgerEntry | null {
    const record = this.#calls.get(call)
    return record === undefined ? null : this.#entry(call, record)
  }

  isSameInput(call: number, input: string): boolean {
    return this.#calls.get(call)?.entry.input === truncatedInput(input)
  }

  recordPending(call: LedgerCall): void {
    if (!this.#calls.has(call.call)) this.#put(call, 'not_started', null)
  }

  recordStart(call: LedgerCall): void {
    const before = this.#calls.get(call.call)?.entry.state ?? 'not_started'
    if (before !== 'not_started') throw new TypeError(`the ledger has a start of call ${this.keyOf(call.call)}`)
    this.#put(call, 'started', Date.now())
  }

  recordDeferred(call: number, { note, expiresAt }: DeferralRequest): void {
    const record = this.#calls.get(call)
    if (record?.entry.state !== 'started') return
    const deferral = { note, expiresAt, at: Date.now(), provided: null }
    record.entry = { ...record.entry, state: 'deferred', deferral }
  }

  recordProvided(call: number, result: ProvidedResult): void {
    const record = this.#calls.get(call)
    if (record === undefined || record.entry.deferral === null) return
    const provided = { ...result, body: ownCopy(result.body.slice(0, maxShownResultChars)) }
    record.entry = { ...record.entry, deferral: { ...record.entry.deferral, provided } }
  }

  provided(): null {
    return null
  }

  recordEnd(call: number, { state, note, result }: CallEnd): void {
    const record = this.#calls.get(call)
    if (record === undefined || !previousStates[state].includes(record.entry.state)) return
    record.entry = {
      ...record.entry,
      state,
      note: note === null || parseNote(note).settled !== undefined ? note : this.#truncated(note),
      endedAt: record.entry.endedAt ?? Date.now(),
    }
    if (this.#isFull || record.input === null || state !== 'applied' || result === null) return
    try {
      record.result = this.#texts.keep(result)
    } catch {
      // The call cannot be reverted then, and the revert reports it.
      record.result = null
    }
  }

  unsettled(): readonly number[] {
    return [...this.#calls].flatMap(([call, { entry }]) => (isUnsettled(entry) ? [call] : []))
  }

  list(): readonly LedgerEntry[] {
    return Array.from(this.#calls, ([call, record]) => this.#entry(call, record))
  }

  revertible(call: number): RevertibleCall | null {
    const { input = null, result = null } = this.#calls.get(call) ?? {}
    return input === null || result === null
      ? null
      : { input: this.#texts.read(input), result: this.#texts.read(result) }
  }

  recordRevert(call: number, state: RevertState): void {
    const record = this.#calls.get(call)
    if (record !== undefined) record.entry = { ...record.entry, reverted: state }
  }

  /** Returns a string of an entry, truncated when the ledger of the session is full. */
  #truncated(text: string): string {
    if (text.length <= maxInputWhenFull) return text
    if (!this.#quota.tryTakeMemory(text.length)) return `${ownCopy(text.slice(0, maxInputWhenFull))}…`
    this.#length += text.length
    return text
  }

  /** Releases what is no longer read. */
  remove(): void {
    this.#isFull = true
    this.#texts.remove()
    this.#quota.release(this.#length, 0)
    this.#length = 0
  }

  #entry(call: number, { entry }: CallRecord): LedgerEntry {
    return { cellId: this.#cellId, callId: `tool-${call}`, key: this.keyOf(call), ...entry, ...parseNote(entry.note) }
  }

  #put(
    { call, identifier, input, location, isRevertible, isReadOnly }: LedgerCall,
    state: CallState,
    startedAt: number | null,
  ): void {
    // It was pending before it started.
    const before = this.#calls.get(call)
    const entry = {
      identifier,
      input: before?.entry.input ?? this.#truncated(truncatedInput(input)),
      location,
      isReadOnly,
      state,
      startedAt,
      endedAt: null,
      note: null,
      deferral: null,
      reverted: null,
    }
    this.#calls.set(call, {
      entry,
      input: isRevertible ? (before?.input ?? this.#texts.keep(input)) : null,
      result: null,
    })
  }
}

function isUnsettled({ state }: Pick<LedgerEntry, 'state'>): boolean {
  return state === 'started' || state === 'deferred'
}
