import type { JournaledCommand, StartCommand } from '../../protocol/command.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { EventFingerprints } from '../event-fingerprints.ts'
import type { Journal } from '../journal.ts'
import type { MemoryJournal } from '../memory/memory-journal.ts'

/** Handlers of new content, which add it to the journal. */
export type JournalHandlers = {
  readonly onCommand: (command: JournaledCommand) => void
  readonly onEngine: (engine: EnginePrint) => void
  readonly onOutput: (cell: number, body: string | null) => void
}

/** The journal of a run whose content is in the log of its session. */
export class LoggedJournal implements Journal {
  readonly start: StartCommand
  readonly #journal: MemoryJournal
  readonly #handlers: JournalHandlers

  constructor(journal: MemoryJournal, start: StartCommand, handlers: JournalHandlers) {
    this.#journal = journal
    this.start = start
    this.#handlers = handlers
  }

  get storedValues(): ReadonlyMap<string, string> {
    return this.#journal.storedValues
  }

  get count(): number {
    return this.#journal.count
  }

  get fingerprints(): EventFingerprints {
    return this.#journal.fingerprints
  }

  get engine(): EnginePrint | null {
    return this.#journal.engine
  }

  recordEngine(engine: EnginePrint): void {
    this.#handlers.onEngine(engine)
  }

  append(command: JournaledCommand): void {
    this.#handlers.onCommand(command)
  }

  retainedOutput(cell: number, read: (cell: number) => string | null): string | null {
    let isNew = false
    const body = this.#journal.retainedOutput(cell, (output) => {
      isNew = true
      return read(output)
    })
    if (isNew) this.#handlers.onOutput(cell, body)
    return body
  }

  commands(): Iterable<JournaledCommand> {
    return this.#journal.commands()
  }
}
