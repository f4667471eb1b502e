import type { JournaledCommand, StartCommand } from '../../protocol/command.ts'
import type { Journal } from '../journal.ts'
import type { CellLedger } from '../ledger.ts'
import type { Barrier, CellEnd, CellEnding, CellStore, TimerRecord } from '../session-store.ts'
import { LoggedJournal } from './logged-journal.ts'
import type { SnapshotSlot } from '../snapshot-slot.ts'
import { LoggedSnapshot } from './logged-snapshot.ts'
import { LoggedLedger, type LoggedLedgerParts } from './logged-ledger.ts'
import type { LogRecord } from './records/log-record.ts'
import type { RecordLog } from './record-log.ts'
import type { StateJournal } from './state/session-state.ts'

/** The storage of one cell in the log of its session. */
export class LoggedCellStore implements CellStore {
  readonly ledger: CellLedger
  readonly snapshot: SnapshotSlot
  readonly #log: RecordLog
  readonly #cell: number

  constructor(parts: Omit<LoggedLedgerParts, 'flush'>) {
    this.#log = parts.log
    this.#cell = parts.cell
    this.snapshot = new LoggedSnapshot({ log: this.#log, cell: this.#cell, newEvents: () => this.#newEvents() })
    this.ledger = new LoggedLedger({ ...parts, flush: () => this.#log.write(...this.#newEvents()) })
  }

  get #journal(): StateJournal | null {
    return this.#log.state.cells.get(this.#cell)?.journal ?? null
  }

  journal(start: StartCommand): Journal {
    const state = this.#journal
    if (state === null) throw new TypeError(`cell ${this.#cell} is closed`)
    return new LoggedJournal(state.journal, start, {
      onCommand: (command) => this.#give(command),
      onEngine: (engine) =>
        this.#log.tryWrite({ type: 'host', cell: this.#cell, reason: null, engine: JSON.stringify(engine) }),
      onOutput: (output, body) => this.#log.tryWrite({ type: 'output', cell: this.#cell, output, body }),
    })
  }

  /** The events before a command do not depend on it. */
  #give(command: JournaledCommand): void {
    const { type, time, id } = command
    const body = 'body' in command ? command.body : null
    this.#log.tryWrite(...this.#newEvents(), { type: 'given', cell: this.#cell, command: type, time, id, body })
  }

  /** Returns the record of the events since the last one. */
  #newEvents(): readonly LogRecord[] {
    const state = this.#journal
    if (state === null || state.printed === state.journal.fingerprints.count) return []
    const { printed: from } = state
    const prints = Buffer.from(state.journal.fingerprints.bytesFrom(from)).toString('base64')
    return [{ type: 'events', cell: this.#cell, from, prints }]
  }

  barrier(): Barrier {
    this.#log.tryWrite(...this.#newEvents())
    return this.#log.barrier()
  }

  checkOwner(): void {
    this.#log.checkOwner()
  }

  recordTimer(id: number, timer: TimerRecord): void {
    this.#log.tryWrite({ type: 'timer', cell: this.#cell, id, ...timer })
  }

  recordHostWait(reason: string | null): void {
    this.#log.tryWrite({ type: 'host', cell: this.#cell, reason, engine: null })
  }

  recordNotification(count: number): void {
    this.#log.write({ type: 'notified', cell: this.#cell, count })
  }

  recordResponse({ requestId, outcome, delivered }: Parameters<CellStore['recordResponse']>[0]): void {
    const json = requestId === null ? null : JSON.stringify(outcome)
    const record: LogRecord = { type: 'responded', cell: this.#cell, delivered, requestId, outcome: json }
    this.#log.write(...this.#newEvents(), record)
  }

  recordEnd(end: CellEnd, writes: ReadonlyMap<string, string>): void {
    const { isTerminated = false, errorText, limit, remarks, items } = end
    const ended: LogRecord = {
      type: 'finished',
      cell: this.#cell,
      isTerminated,
      errorText,
      limit,
      remarks: JSON.stringify(remarks),
      items: JSON.stringify(items),
      at: Date.now(),
    }
    const stored = [...writes].map(([key, json]): LogRecord => ({ type: 'stored', cell: 0, key, json }))
    this.#log.write(...this.#newEvents(), ended, ...stored)
  }

  recordEnding(ending: CellEnding): void {
    this.#log.write({ type: 'closed', cell: this.#cell, ending, at: Date.now() })
  }

  /** The record of the ending has released the journal. */
  release(): void {}

  transaction(work: () => void): void {
    this.#log.transaction(work)
  }

  /** Writes do not fail, unless the session is lost. */
  writeOrRetry(work: () => void): void {
    try {
      work()
    } catch {
      // The records of the owner count.
    }
  }
}
