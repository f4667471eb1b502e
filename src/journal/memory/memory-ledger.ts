import {
  statesThatBecome,
  type CallState,
  type CellLedger,
  type LedgerCall,
  type LedgerEntry,
  type RevertibleCall,
  type RevertState,
} from '../ledger.ts'
import { shownInput } from '../shown-input.ts'

/** Without what follows from the number of the call: many cells wait for long. */
type Kept = {
  entry: Omit<LedgerEntry, 'cellId' | 'callId' | 'key'>
  readonly input: string | null
  result: string | null
}

/** The ledger of a cell, in memory. */
export class MemoryLedger implements CellLedger {
  readonly #sessionId: string
  readonly #cellId: string
  readonly #calls = new Map<number, Kept>()

  constructor(sessionId: string, cellId: string) {
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
    const kept = this.#calls.get(call)
    return kept === undefined ? null : this.#entry(call, kept)
  }

  isSameInput(call: number, input: string): boolean {
    return this.#calls.get(call)?.entry.input === shownInput(input)
  }

  waiting(call: LedgerCall): void {
    if (!this.#calls.has(call.call)) this.#put(call, 'not_started', null)
  }

  started(call: LedgerCall): void {
    const before = this.#calls.get(call.call)?.entry.state ?? 'not_started'
    if (before !== 'not_started') throw new TypeError(`the ledger says that call ${this.keyOf(call.call)} was made`)
    this.#put(call, 'started', Date.now())
  }

  ended(call: number, { state, note, result }: { state: CallState; note: string | null; result: string | null }): void {
    const kept = this.#calls.get(call)
    if (kept === undefined || !statesThatBecome[state].includes(kept.entry.state)) return
    kept.entry = { ...kept.entry, state, note, endedAt: kept.entry.endedAt ?? Date.now() }
    if (kept.input !== null && state === 'applied') kept.result = result
  }

  list(): readonly LedgerEntry[] {
    return Array.from(this.#calls, ([call, kept]) => this.#entry(call, kept))
  }

  revertible(call: number): RevertibleCall | null {
    const { input = null, result = null } = this.#calls.get(call) ?? {}
    return input === null || result === null ? null : { input, result }
  }

  reverted(call: number, state: RevertState): void {
    const kept = this.#calls.get(call)
    if (kept !== undefined) kept.entry = { ...kept.entry, reverted: state }
  }

  #entry(call: number, { entry }: Kept): LedgerEntry {
    return { cellId: this.#cellId, callId: `tool-${call}`, key: this.keyOf(call), ...entry }
  }

  #put(
    { call, identifier, input, place, isRevertible, isReadOnly }: LedgerCall,
    state: CallState,
    startedAt: number | null,
  ): void {
    const entry = {
      identifier,
      input: shownInput(input),
      place,
      isReadOnly,
      state,
      startedAt,
      endedAt: null,
      note: null,
      reverted: null,
    }
    this.#calls.set(call, { entry, input: isRevertible ? input : null, result: null })
  }
}
