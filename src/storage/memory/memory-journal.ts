import { sha256OfUnits } from '../../platform/hash.ts'
import { BoundedMap } from '../../collections/bounded-map.ts'
import type { JournaledCommand, StartCommand } from '../../protocol/command.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import { EventFingerprints } from '../event-fingerprints.ts'
import type { Journal } from '../journal.ts'
import { SharedBodies } from '../shared-bodies.ts'
import type { Spilled } from './spill-file.ts'
import type { SpillableText, SpillableTexts } from './spillable-texts.ts'

/** Maximum number of different strings in the file that are remembered. */
const maxSpilled = 64

type CommandRecord =
  | Extract<JournaledCommand, { readonly type: 'timeout_fired' }>
  | (Omit<Exclude<JournaledCommand, { readonly type: 'timeout_fired' }>, 'body'> & { readonly body: SpillableText })

/** A journal that ends with its process: in memory, and beyond a quota in a temporary file. */
export class MemoryJournal implements Journal {
  readonly start: StartCommand
  readonly storedValues: ReadonlyMap<string, string>
  readonly fingerprints: EventFingerprints = new EventFingerprints()
  readonly #commands: CommandRecord[] = []
  #engine: EnginePrint | null = null
  readonly #texts: SpillableTexts
  readonly #bodies = new SharedBodies()
  /** Positions of the latest strings in the file, by their digest. */
  #spilled: BoundedMap<string, Spilled> | null = null
  #outputs: Map<number, SpillableText | null> | null = null

  constructor(start: StartCommand, storedValues: ReadonlyMap<string, string>, texts: SpillableTexts) {
    this.start = start
    this.storedValues = storedValues
    this.#texts = texts
  }

  get count(): number {
    return this.#commands.length
  }

  get engine(): EnginePrint | null {
    return this.#engine
  }

  recordEngine(engine: EnginePrint): void {
    this.#engine = engine
  }

  append(command: JournaledCommand): void {
    if (command.type === 'timeout_fired') this.#commands.push(command)
    else this.#commands.push({ ...command, body: this.#spill(command.body) })
  }

  /** Stores identical results once, such as those of a program that polls. */
  #spill(body: string): SpillableText {
    if (this.#bodies.has(body)) return this.#bodies.share(body)
    const known = this.#spilled?.get(sha256OfUnits(body))
    if (known !== undefined) return known
    const stored = this.#texts.keep(body)
    if (typeof stored === 'string') return this.#bodies.share(stored)
    const spilled = (this.#spilled ??= new BoundedMap(maxSpilled))
    spilled.set(sha256OfUnits(body), stored)
    return stored
  }

  retainedOutput(cell: number, read: (cell: number) => string | null): string | null {
    const outputs = (this.#outputs ??= new Map())
    const known = outputs.get(cell)
    if (known !== undefined) return known === null ? null : this.#texts.read(known)
    const text = read(cell)
    outputs.set(cell, text === null ? null : this.#texts.keep(text))
    return text
  }

  /** The retained outputs that the cell has loaded. */
  *outputs(): Generator<readonly [cell: number, body: string | null]> {
    for (const [cell, text] of this.#outputs ?? []) yield [cell, text === null ? null : this.#texts.read(text)]
  }

  *commands(): Generator<JournaledCommand> {
    // By index: the journal may grow while it is read.
    for (let at = 0; at < this.#commands.length; at++) {
      const command = this.#commands[at]
      if (command === undefined) return
      yield command.type === 'timeout_fired' ? command : { ...command, body: this.#texts.read(command.body) }
    }
  }
}
