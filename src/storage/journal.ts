import type { Command, JournaledCommand, StartCommand } from '../protocol/command.ts'
import type { EventFingerprints } from './event-fingerprints.ts'

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
  readonly fingerprints: EventFingerprints
  append(command: JournaledCommand): void
  /**
   * The kept output of a cell as this cell sees it: what `read` gives the first time, and the same for ever, so that a
   * replay reads what was read.
   */
  retainedOutput(cell: number, read: (cell: number) => string | null): string | null
  /** The commands after `start`, in order. */
  commands(): Iterable<JournaledCommand>
}

/** All commands from the first on, in the order in which a host has to get them. */
export function* replayCommands(journal: Journal): Generator<Command> {
  for (const [key, body] of journal.storedValues) yield { type: 'preload', key, body }
  yield journal.start
  yield* journal.commands()
}
