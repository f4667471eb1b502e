import type { Journal } from '../journal.ts'
import type { StartCommand } from '../../protocol/command.ts'
import type { CellStore } from '../session-store.ts'
import type { MemoryLedger } from './memory-ledger.ts'
import { MemoryJournal } from './memory-journal.ts'
import type { RecentAnswers } from './recent-answers.ts'
import { KeptTexts, type TextRoom } from './text-room.ts'

type MemoryCellParts = {
  readonly cellId: string
  readonly ledger: MemoryLedger
  readonly storedValues: ReadonlyMap<string, string>
  /** Of the session, for what cells were told. */
  readonly room: TextRoom
  readonly answers: RecentAnswers
  readonly closed: (cellId: string) => void
}

/** What is kept of a cell that ends with its process. */
export class MemoryCellStore implements CellStore {
  readonly ledger: MemoryLedger
  readonly #parts: MemoryCellParts
  readonly #texts: KeptTexts

  constructor(parts: MemoryCellParts) {
    this.ledger = parts.ledger
    this.#parts = parts
    this.#texts = new KeptTexts(parts.room)
  }

  journal(start: StartCommand): Journal {
    return new MemoryJournal(start, this.#parts.storedValues, this.#texts)
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
    this.#texts.remove()
    this.#parts.closed(this.#parts.cellId)
  }

  together(work: () => void): void {
    work()
  }

  soon(work: () => void): void {
    work()
  }
}
