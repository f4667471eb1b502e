import type { Command, JournaledCommand, StartCommand } from '../protocol/command.ts'
import { EventPrints } from './event-prints.ts'
import { SharedBodies } from './shared-bodies.ts'

/**
 * Everything that decides what a cell does: how it started, and the commands it was given since, in order; and what it did, so
 * that a replay can be held against it.
 */
export interface Journal {
  readonly start: StartCommand
  /** What `load` finds in the cell. */
  readonly storedValues: ReadonlyMap<string, string>
  /** How many commands came after `start`. */
  readonly count: number
  /** Of the events that the cell has emitted; whoever follows the cell adds to them. */
  readonly prints: EventPrints
  append(command: JournaledCommand): void
  /**
   * The kept output of a cell as this cell sees it: what `read` gives the first time, and the same for ever, so that a
   * replay reads what was read.
   */
  keptOutput(cell: number, read: (cell: number) => string | null): string | null
  /** The commands after `start`, in order. */
  commands(): Iterable<JournaledCommand>
}

/** All commands from the first on, in the order in which a host has to get them. */
export function* replayOf(journal: Journal): Generator<Command> {
  for (const [key, body] of journal.storedValues) yield { type: 'preload', key, body }
  yield journal.start
  yield* journal.commands()
}

/** A journal in memory. */
export class MemoryJournal implements Journal {
  readonly start: StartCommand
  readonly storedValues: ReadonlyMap<string, string>
  readonly prints: EventPrints = new EventPrints()
  readonly #commands: JournaledCommand[] = []
  readonly #bodies = new SharedBodies()
  #outputs: Map<number, string | null> | null = null

  constructor(start: StartCommand, storedValues: ReadonlyMap<string, string>) {
    this.start = start
    this.storedValues = storedValues
  }

  get count(): number {
    return this.#commands.length
  }

  append(command: JournaledCommand): void {
    this.#commands.push('body' in command ? { ...command, body: this.#bodies.share(command.body) } : command)
  }

  keptOutput(cell: number, read: (cell: number) => string | null): string | null {
    const outputs = (this.#outputs ??= new Map())
    const known = outputs.get(cell)
    if (known !== undefined) return known
    const text = read(cell)
    outputs.set(cell, text)
    return text
  }

  commands(): Iterable<JournaledCommand> {
    return this.#commands
  }
}
