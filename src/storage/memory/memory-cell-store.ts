import type { Journal } from '../journal.ts'
import type { StartCommand } from '../../protocol/command.ts'
import type { CellStore } from '../session-store.ts'
import type { MemoryLedger } from './memory-ledger.ts'
import { MemoryJournal } from './memory-journal.ts'
import type { RecentAnswers } from './recent-answers.ts'
import { SpillableTexts, type TextQuota } from './spillable-texts.ts'

type MemoryCellParts = {
  readonly cellId: string
  readonly ledger: MemoryLedger
  readonly storedValues: ReadonlyMap<string, string>
  /** The quota of the session for journals. */
  readonly room: TextQuota
  readonly answers: RecentAnswers
  readonly closed: (cellId: string) => void
}

/** The storage of a cell that ends with its process. */
export class MemoryCellStore implements CellStore {
  readonly ledger: MemoryLedger
  readonly #parts: MemoryCellParts
  readonly #texts: SpillableTexts

  constructor(parts: MemoryCellParts) {
    this.ledger = parts.ledger
    this.#parts = parts
    this.#texts = new SpillableTexts(parts.room)
  }

  journal(start: StartCommand): Journal {
    return new MemoryJournal(start, this.#parts.storedValues, this.#texts)
  }

  barrier(): null {
    return null
  }

  checkOwner(): void {}

  recordTimer(): void {}

  recordHostWait(): void {}

  recordNotification(): void {}

  recordResponse({ requestId, outcome }: Parameters<CellStore['recordResponse']>[0]): void {
    if (requestId !== null) this.#parts.answers.add(requestId, this.#parts.cellId, outcome)
  }

  recordEnd(): void {}

  recordEnding(): void {}

  release(): void {
    this.#texts.remove()
    this.#parts.closed(this.#parts.cellId)
  }

  transaction(work: () => void): void {
    work()
  }

  writeOrRetry(work: () => void): void {
    work()
  }
}
