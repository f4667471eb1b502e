import { canReplayElsewhere, engineIdOf, isSameEngine, type EnginePrint } from '../../protocol/engine-print.ts'
import type { Journal } from '../../storage/journal.ts'
import type { RuntimeServices } from '../services/runtime-services.ts'

/** `end`: the cell cannot have another engine than the recorded one. */
type WaivedEngine = { readonly type: 'wait' | 'other' } | { readonly type: 'end'; readonly recorded: EnginePrint }

/** The engine of a cell: the one that it began on, or that of new cells after it was waived. */
export class CellEngine {
  readonly #services: Pick<RuntimeServices, 'newCellEngine' | 'onEngineChanged'>
  readonly #cellId: string
  readonly #journal: Journal
  /** Whether the next host can have the engine of new cells. */
  #isWaived = false

  constructor(services: Pick<RuntimeServices, 'newCellEngine' | 'onEngineChanged'>, cellId: string, journal: Journal) {
    this.#services = services
    this.#cellId = cellId
    this.#journal = journal
  }

  /** The engine that the next host must have; null for any. */
  get needed(): EnginePrint | null {
    const { engine: recorded } = this.#journal
    return this.#isWaived || recorded === null ? this.#services.newCellEngine : recorded
  }

  /** Records the engine of the host that the cell has got. Null is unknown. */
  onHost(engine: EnginePrint | null): void {
    const { engine: recorded } = this.#journal
    if (engine === null || engine === recorded) return
    if (recorded !== null && engineIdOf(recorded) === engineIdOf(engine)) return
    if (recorded !== null && !isSameEngine(recorded, engine)) {
      this.#services.onEngineChanged?.({ cellId: this.#cellId, from: recorded, to: engine })
    }
    this.#isWaived = false
    this.#journal.recordEngine(engine)
  }

  /** Decides what happens because no host has the recorded engine. */
  waive(): WaivedEngine {
    const { engine: recorded } = this.#journal
    if (this.#services.onEngineChanged === null || recorded === null) return { type: 'wait' }
    if (!canReplayElsewhere(recorded)) return { type: 'end', recorded }
    this.#isWaived = true
    return { type: 'other' }
  }
}
