import type { LedgerEntry } from '../ledger.ts'
import type { CellStore, RetainedRecord, NewCell, SessionStore, StoredCell } from '../session-store.ts'
import { MemoryApprovals } from './memory-approvals.ts'
import { MemoryCellStore } from './memory-cell-store.ts'
import { MemoryLedger } from './memory-ledger.ts'
import { RecentAnswers } from './recent-answers.ts'
import { TextQuota } from './spillable-texts.ts'

/** Maximum number of calls of ended cells on the ledger. */
const maxCalls = 20_000

/** Limits of a session: memory in characters, temporary files in bytes. */
export type MemoryLimits = {
  readonly maxReplayCharsInMemory: number
  readonly maxSpillBytes: number
  readonly maxLedgerCharsInMemory: number
  readonly maxRepeatedResponseChars: number
}

/** The storage of a session without a directory: it ends with the process and is bounded. */
export class MemorySessionStore implements SessionStore {
  readonly id: string
  readonly isDurable = false
  readonly epoch = 1
  readonly approvals: MemoryApprovals = new MemoryApprovals()
  readonly inbox = null
  readonly cellCount = 0
  readonly storedValues: ReadonlyMap<string, string> = new Map()
  readonly #answers: RecentAnswers
  /** The quota for journals. */
  readonly #journalQuota: TextQuota
  readonly #ledgerQuota: TextQuota
  readonly #ledgers = new Map<string, MemoryLedger>()
  readonly #endedLedgers = new Set<string>()
  #endedCalls = 0

  constructor(id: string, limits: MemoryLimits) {
    this.id = id
    this.#answers = new RecentAnswers(limits.maxRepeatedResponseChars)
    this.#journalQuota = new TextQuota({ memory: limits.maxReplayCharsInMemory, disk: limits.maxSpillBytes })
    this.#ledgerQuota = new TextQuota({ memory: limits.maxLedgerCharsInMemory, disk: limits.maxSpillBytes })
  }

  unfinished(): readonly StoredCell[] {
    return []
  }

  endings(): readonly [] {
    return []
  }

  retainedOutputs(): readonly [] {
    return []
  }

  retainOutput(_record: RetainedRecord): void {}

  begin({ cellId, requestId, source, storedValues }: NewCell): CellStore {
    if (requestId !== null) this.#answers.begun(requestId, { cellId, source })
    const ledger = new MemoryLedger(this.id, cellId, this.#ledgerQuota)
    this.#ledgers.set(cellId, ledger)
    return new MemoryCellStore({
      ledger,
      storedValues,
      room: this.#journalQuota,
      answers: this.#answers,
      cellId,
      closed: this.#closed,
    })
  }

  responseTo(requestId: string, cellId: string | null): unknown {
    return this.#answers.find(requestId, cellId)
  }

  cellStartedBy(requestId: string): { readonly cellId: string; readonly source: string } | null {
    return this.#answers.startedBy(requestId)
  }

  ledger(cellId: string | null): readonly LedgerEntry[] {
    if (cellId !== null) return this.#ledgers.get(cellId)?.list() ?? []
    return [...this.#ledgers.values()].flatMap((ledger) => ledger.list())
  }

  ledgerOf(cellId: string): MemoryLedger | null {
    return this.#ledgers.get(cellId) ?? null
  }

  onLost(): void {}

  checkOwner(): void {}

  barrier(): null {
    return null
  }

  async close(): Promise<void> {
    for (const ledger of this.#ledgers.values()) ledger.remove()
  }

  readonly #closed = (cellId: string): void => {
    this.approvals.forget(cellId)
    const calls = this.#ledgers.get(cellId)?.size ?? 0
    if (calls === 0) return this.#forget(cellId)
    this.#endedLedgers.add(cellId)
    this.#endedCalls += calls
    for (const oldest of this.#endedLedgers) {
      if (this.#endedCalls <= maxCalls) return
      this.#endedCalls -= this.#ledgers.get(oldest)?.size ?? 0
      this.#forget(oldest)
      this.#endedLedgers.delete(oldest)
    }
  }

  #forget(cellId: string): void {
    this.#ledgers.get(cellId)?.remove()
    this.#ledgers.delete(cellId)
  }
}
