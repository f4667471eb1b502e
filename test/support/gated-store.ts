import type { StartCommand } from '../../src/protocol/command.ts'
import type { Journal } from '../../src/storage/journal.ts'
import type { CellLedger, LedgerEntry } from '../../src/storage/ledger.ts'
import type {
  Barrier,
  CellEnd,
  CellEnding,
  CellStore,
  NewCell,
  RetainedEntry,
  RetainedRecord,
  Inbox,
  SessionStore,
  StoredCell,
  TimerRecord,
} from '../../src/storage/session-store.ts'
import type { ApprovalStore } from '../../src/storage/approval-store.ts'
import type { CodecellError } from '../../src/errors.ts'
import type { Commits } from './commits.ts'

/** A store whose barriers resolve later than its writes. Everything else is done by a real store. */
export class GatedStore implements SessionStore {
  readonly #store: SessionStore
  readonly #commits: Commits
  #onLost: (error: CodecellError) => void = () => undefined

  constructor(store: SessionStore, commits: Commits) {
    this.#store = store
    this.#commits = commits
  }

  get id(): string {
    return this.#store.id
  }

  get isDurable(): boolean {
    return this.#store.isDurable
  }

  get epoch(): number {
    return this.#store.epoch
  }

  get approvals(): ApprovalStore {
    return this.#store.approvals
  }

  get inbox(): Inbox | null {
    return this.#store.inbox
  }

  get engine(): string | null {
    return this.#store.engine ?? null
  }

  recordEngine(engine: string): void {
    this.#store.recordEngine?.(engine)
  }

  get cellCount(): number {
    return this.#store.cellCount
  }

  get storedValues(): ReadonlyMap<string, string> {
    return this.#store.storedValues
  }

  unfinished(): readonly StoredCell[] {
    return this.#store.unfinished().map((cell) => ({ ...cell, store: this.#gated(cell.store) }))
  }

  endings(): Iterable<readonly [cellId: string, ending: CellEnding]> {
    return this.#store.endings()
  }

  retainedOutputs(): Iterable<readonly [cellId: string, entry: RetainedEntry]> {
    return this.#store.retainedOutputs()
  }

  retainOutput(record: RetainedRecord): void {
    this.#store.retainOutput(record)
  }

  begin(cell: NewCell): CellStore {
    return this.#gated(this.#store.begin(cell))
  }

  #gated(store: CellStore): CellStore {
    return new GatedCellStore(store, this.#commits)
  }

  responseTo(requestId: string, cellId: string | null): unknown {
    return this.#store.responseTo(requestId, cellId)
  }

  cellStartedBy(requestId: string): { readonly cellId: string; readonly source: string } | null {
    return this.#store.cellStartedBy(requestId)
  }

  ledger(cellId: string | null): readonly LedgerEntry[] {
    return this.#store.ledger(cellId)
  }

  ledgerOf(cellId: string): CellLedger | null {
    return this.#store.ledgerOf(cellId)
  }

  onLost(callback: (error: CodecellError) => void): void {
    this.#onLost = callback
    this.#store.onLost(callback)
  }

  /** Notices that another process owns the session. */
  lose(error: CodecellError): void {
    this.#onLost(error)
  }

  checkOwner(): void {
    this.#store.checkOwner()
  }

  barrier(): Barrier {
    return this.#commits.barrier(this.#store.barrier())
  }

  async close(): Promise<void> {
    this.#commits.close()
    await this.#store.close()
  }
}

class GatedCellStore implements CellStore {
  readonly #store: CellStore
  readonly #commits: Commits

  constructor(store: CellStore, commits: Commits) {
    this.#store = store
    this.#commits = commits
  }

  get ledger(): CellLedger {
    return this.#store.ledger
  }

  journal(start: StartCommand): Journal {
    return this.#store.journal(start)
  }

  barrier(): Barrier {
    return this.#commits.barrier(this.#store.barrier())
  }

  checkOwner(): void {
    this.#store.checkOwner()
  }

  recordTimer(id: number, timer: TimerRecord): void {
    this.#store.recordTimer(id, timer)
  }

  recordHostWait(reason: string | null): void {
    this.#store.recordHostWait(reason)
  }

  recordNotification(count: number): void {
    this.#store.recordNotification(count)
  }

  recordResponse(response: Parameters<CellStore['recordResponse']>[0]): void {
    this.#store.recordResponse(response)
  }

  recordEnd(end: CellEnd, writes: ReadonlyMap<string, string>): void {
    this.#store.recordEnd(end, writes)
  }

  recordEnding(ending: CellEnding): void {
    this.#store.recordEnding(ending)
  }

  release(): void {
    this.#store.release()
  }

  transaction(work: () => void): void {
    this.#store.transaction(work)
  }

  writeOrRetry(work: () => void): void {
    this.#store.writeOrRetry(work)
  }
}
