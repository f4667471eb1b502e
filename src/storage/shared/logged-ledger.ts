import { createHash } from 'node:crypto'
import { CodecellError } from '../../errors.ts'
import * as ledger from '../ledger.ts'
import { parseNote } from '../settlement.ts'
import { truncatedInput } from '../truncated-input.ts'
import { locationOf, type RecordOf } from './records/log-record.ts'
import type { RecordLog } from './record-log.ts'
import type { StateCall } from './state/session-state.ts'

export type LoggedLedgerParts = {
  readonly log: RecordLog
  readonly sessionId: string
  readonly cell: number
  /** Distinguishes the keys of this opening from those of every other one. */
  readonly token: string
  /** Adds the events of the cell to the log, because a later replay is compared with them. */
  readonly flush: () => void
}

/** The ledger of one cell in the log of its session. */
export class LoggedLedger implements ledger.CellLedger {
  readonly #parts: LoggedLedgerParts

  constructor(parts: LoggedLedgerParts) {
    this.#parts = parts
  }

  get #calls(): ReadonlyMap<number, StateCall> {
    return this.#parts.log.state.cells.get(this.#parts.cell)?.calls ?? new Map()
  }

  keyOf(call: number): string {
    const { sessionId, cell, token } = this.#parts
    return this.#calls.get(call)?.key ?? `${sessionId}/${cell}/tool-${call}~${token}`
  }

  find(call: number): ledger.LedgerEntry | null {
    const found = this.#calls.get(call)
    return found === undefined ? null : ledgerEntryOf(this.#parts.cell, found)
  }

  isSameInput(call: number, input: string): boolean {
    return this.#calls.get(call)?.inputHash === hashOf(input)
  }

  recordPending(call: ledger.LedgerCall): void {
    this.#parts.flush()
    this.#parts.log.write({ type: 'waiting', ...this.#recordOf(call) })
  }

  recordStart(call: ledger.LedgerCall): void {
    const { log, flush } = this.#parts
    const { epoch } = log.state
    const before = this.#calls.get(call.call)
    // A call of an earlier opening whose outcome is lost can be retried once per opening.
    const canStart =
      before === undefined || before.state === 'not_started' || (before.state !== 'unknown' && before.epoch < epoch)
    if (!canStart) {
      throw new CodecellError('STORAGE_FAILED', `Cannot start call ${before.key}: the ledger has a start of it`)
    }
    flush()
    const wholeInput = call.isRevertible ? call.input : null
    log.write({ type: 'started', ...this.#recordOf(call), epoch, at: Date.now(), wholeInput })
  }

  #recordOf({ call, identifier, input, location, isReadOnly }: ledger.LedgerCall): Omit<RecordOf<'waiting'>, 'type'> {
    return {
      cell: this.#parts.cell,
      call,
      key: this.keyOf(call),
      identifier,
      input: truncatedInput(input),
      inputHash: hashOf(input),
      line: location?.line ?? null,
      column: location?.column ?? null,
      isReadOnly,
    }
  }

  recordDeferred(call: number, { note, expiresAt }: ledger.DeferralRequest): void {
    this.#parts.log.tryWrite({ type: 'deferred', cell: this.#parts.cell, call, note, expiresAt, at: Date.now() })
  }

  recordProvided(call: number, { type: result, ...rest }: ledger.ProvidedResult): void {
    const { id, body, at } = rest
    this.#parts.log.write({ type: 'provided', cell: this.#parts.cell, call, id, result, body, at })
  }

  provided(call: number): ledger.ProvidedResult | null {
    return this.#calls.get(call)?.deferral?.provided ?? null
  }

  recordEnd(call: number, end: ledger.CallEnd): void {
    const isKept = this.#calls.get(call)?.wholeInput !== null
    const result = isKept ? end.result : null
    this.#parts.log.tryWrite({ type: 'ended', cell: this.#parts.cell, call, ...end, result, at: Date.now() })
  }

  unsettled(): readonly number[] {
    return [...this.#calls].flatMap(([call, { state }]) => (state === 'started' || state === 'deferred' ? [call] : []))
  }

  list(): readonly ledger.LedgerEntry[] {
    return ledgerEntriesOf(this.#parts.cell, this.#calls)
  }

  revertible(call: number): ledger.RevertibleCall | null {
    const { wholeInput: input = null, result = null } = this.#calls.get(call) ?? {}
    return input === null || result === null ? null : { input, result }
  }

  recordRevert(call: number, { type: result, at, note }: ledger.RevertState): void {
    this.#parts.log.write({ type: 'reverted', cell: this.#parts.cell, call, result, at, note })
  }
}

/** Returns the calls of a cell, in order. */
export function ledgerEntriesOf(cell: number, calls: ReadonlyMap<number, StateCall>): readonly ledger.LedgerEntry[] {
  return [...calls.values()].toSorted((left, right) => left.call - right.call).map((call) => ledgerEntryOf(cell, call))
}

function ledgerEntryOf(cell: number, call: StateCall): ledger.LedgerEntry {
  const { key, identifier, input, isReadOnly, state, startedAt, endedAt, note, deferral, reverted } = call
  return {
    cellId: String(cell),
    callId: `tool-${call.call}`,
    key,
    identifier,
    input,
    location: locationOf(call),
    isReadOnly,
    state,
    startedAt,
    endedAt,
    ...parseNote(note),
    deferral: deferral === null ? null : ledger.shownDeferral(deferral),
    reverted,
  }
}

function hashOf(input: string): string {
  return createHash('sha256').update(input).digest('hex')
}
