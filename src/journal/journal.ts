import type { Command, JournaledCommand } from '../protocol/command.ts'

/** Everything that decides what a cell does: how it started, and the commands it was given since, in order. */
export class Journal {
  readonly start: Extract<Command, { readonly type: 'start' }>
  /** What `load` finds in the cell. */
  readonly storedValues: ReadonlyMap<string, string>
  readonly #commands: JournaledCommand[] = []

  constructor(start: Extract<Command, { readonly type: 'start' }>, storedValues: ReadonlyMap<string, string>) {
    this.start = start
    this.storedValues = storedValues
  }

  append(command: JournaledCommand): void {
    this.#commands.push(command)
  }

  get commands(): readonly JournaledCommand[] {
    return this.#commands
  }

  /** All commands from the first on, in the order in which a host has to get them. */
  *replay(): Generator<Command> {
    for (const [key, body] of this.storedValues) yield { type: 'preload', key, body }
    yield this.start
    yield* this.#commands
  }
}
