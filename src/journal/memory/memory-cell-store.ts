import { MemoryJournal, type Journal } from '../journal.ts'
import type { StartCommand } from '../../protocol/command.ts'
import type { CellStore } from '../session-store.ts'
import type { MemoryLedger } from './memory-ledger.ts'
import type { RecentAnswers } from './recent-answers.ts'

type MemoryCellParts = {
  readonly cellId: string
  readonly ledger: MemoryLedger
  readonly storedValues: ReadonlyMap<string, string>
  readonly answers: RecentAnswers
  readonly closed: (cellId: string) => void
}

/** What is kept of a cell that ends with its process. */
export class MemoryCellStore implements CellStore {
  readonly ledger: MemoryLedger
  readonly #parts: MemoryCellParts

  constructor(parts: MemoryCellParts) {
    this.ledger = parts.ledger
    this.#parts = parts
  }

  journal(start: StartCommand): Journal {
    return new MemoryJournal(start, this.#parts.storedValues)
  }

  flush(): void {}

  checkOwner(): void {}

  timerSet(): void {}

  waitsForHost(): void {}

  notified(): void {}

  answered({ requestId, outcome }: Parameters<CellStore['answered']>[0]): void {
    if (requestId !== null) this.#parts.answers.add(requestId, this.#parts.cellId, outcome)
  }

  finished(): void {}

  closed(): void {}

  release(): void {
    this.#parts.closed(this.#parts.cellId)
  }

  together(work: () => void): void {
    work()
  }

  soon(work: () => void): void {
    work()
  }
}
