import type { Command, JournaledCommand, StartCommand } from '../protocol/command.ts'
import type { EnginePrint } from '../protocol/engine-print.ts'
import type { EventFingerprints } from './event-fingerprints.ts'

/**
 * Everything that determines what a cell does: its start and its later commands, in order; and the fingerprints of its
 * events, which a replay is checked against.
 */
export interface Journal {
  readonly start: StartCommand
  /** The values that `load` returns. */
  readonly storedValues: ReadonlyMap<string, string>
  /** The number of commands after `start`. */
  readonly count: number
  /** Fingerprints of the events that the cell has emitted; the runtime of the cell adds to them. */
  readonly fingerprints: EventFingerprints
  /** The engine that the cell ran on last; null before its first host, and for one that does not report its engine. */
  readonly engine: EnginePrint | null
  append(command: JournaledCommand): void
  recordEngine(engine: EnginePrint): void
  /**
   * Returns the retained output of another cell as this cell sees it: the result of the first `read`, and the same ever
   * after, so that a replay loads the same output.
   */
  retainedOutput(cell: number, read: (cell: number) => string | null): string | null
  /** The commands after `start`, in order. */
  commands(): Iterable<JournaledCommand>
}

/** Returns all commands in the order in which a host must receive them. */
export function* replayCommands(journal: Journal): Generator<Command> {
  for (const [key, body] of journal.storedValues) yield { type: 'preload', key, body }
  yield journal.start
  yield* journal.commands()
}
