import {
  statesThatBecome,
  type CallState,
  type CellLedger,
  type LedgerCall,
  type LedgerEntry,
  type RevertibleCall,
  type RevertState,
} from '../ledger.ts'
import { ownCopy, shownInput } from '../shown-input.ts'
import { KeptTexts, type KeptText, type TextRoom } from './text-room.ts'

/** Without what follows from the number of the call: many cells wait for long. */
type Kept = {
  entry: Omit<LedgerEntry, 'cellId' | 'callId' | 'key'>
  readonly input: KeptText | null
  result: KeptText | null
}

/** Once the ledger is full, no more than this is shown of an input, in characters. */
const shortInput = 100

/** The ledger of a cell, in memory. */
export class MemoryLedger implements CellLedger {
  readonly #sessionId: string
  readonly #cellId: string
  readonly #calls = new Map<number, Kept>()
  readonly #texts: KeptTexts
  readonly #room: TextRoom
  /** What of the room the entries take, in characters. */
  #length = 0
  #isOver = false

  constructor(sessionId: string, cellId: string, room: TextRoom) {
    this.#room = room
    this.#texts = new KeptTexts(room)
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
    kept.entry = {
      ...kept.entry,
      state,
      note: note === null ? null : this.#shown(note),
      endedAt: kept.entry.endedAt ?? Date.now(),
    }
    if (this.#isOver || kept.input === null || state !== 'applied' || result === null) return
    try {
      kept.result = this.#texts.keep(result)
    } catch {
      // It cannot be undone then, and says so.
      kept.result = null
    }
  }

  list(): readonly LedgerEntry[] {
    return Array.from(this.#calls, ([call, kept]) => this.#entry(call, kept))
  }

  revertible(call: number): RevertibleCall | null {
    const { input = null, result = null } = this.#calls.get(call) ?? {}
    return input === null || result === null
      ? null
      : { input: this.#texts.read(input), result: this.#texts.read(result) }
  }

  reverted(call: number, state: RevertState): void {
    const kept = this.#calls.get(call)
    if (kept !== undefined) kept.entry = { ...kept.entry, reverted: state }
  }

  /** A text of an entry, shortened when the ledger of the session is full. */
  #shown(text: string): string {
    if (text.length <= shortInput) return text
    if (!this.#room.takesMemory(text.length)) return `${ownCopy(text.slice(0, shortInput))}…`
    this.#length += text.length
    return text
  }

  /** Nothing of it is asked for any more. */
  remove(): void {
    this.#isOver = true
    this.#texts.remove()
    this.#room.release(this.#length, 0)
    this.#length = 0
  }

  #entry(call: number, { entry }: Kept): LedgerEntry {
    return { cellId: this.#cellId, callId: `tool-${call}`, key: this.keyOf(call), ...entry }
  }

  #put(
    { call, identifier, input, location, isRevertible, isReadOnly }: LedgerCall,
    state: CallState,
    startedAt: number | null,
  ): void {
    // It waited before it started.
    const before = this.#calls.get(call)
    const entry = {
      identifier,
      input: before?.entry.input ?? this.#shown(shownInput(input)),
      location,
      isReadOnly,
      state,
      startedAt,
      endedAt: null,
      note: null,
      reverted: null,
    }
    this.#calls.set(call, {
      entry,
      input: isRevertible ? (before?.input ?? this.#texts.keep(input)) : null,
      result: null,
    })
  }
}
