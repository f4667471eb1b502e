import type { Command, JournaledCommand } from '../protocol/command.ts'

/** Everything that decides what a cell does: how it started, and the commands it was given since, in order. */
export class Journal {
  readonly start: Extract<Command, { readonly type: 'start' }>
  /** What `load` finds in the cell. */
  readonly storedValues: ReadonlyMap<string, string>
  readonly #commands: JournaledCommand[] = []
  readonly #outputs = new Map<number, string | null>()

  constructor(start: Extract<Command, { readonly type: 'start' }>, storedValues: ReadonlyMap<string, string>) {
    this.start = start
    this.storedValues = storedValues
  }

  append(command: JournaledCommand): void {
    this.#commands.push(command)
  }

  /**
   * The kept output of a cell as this cell sees it: what `read` gives the first time, and the same for ever, so that a
   * replay reads what was read.
   */
  keptOutput(cell: number, read: (cell: number) => string | null): string | null {
    const known = this.#outputs.get(cell)
    if (known !== undefined) return known
    const text = read(cell)
    this.#outputs.set(cell, text)
    return text
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
