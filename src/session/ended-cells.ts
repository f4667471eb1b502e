import { BoundedMap } from '../collections/bounded-map.ts'
import type { CellEnding } from '../storage/session-store.ts'

/** The number of cells whose endings are retained. Endings of older cells are dropped. */
const maxEndings = 10_000

/** The endings of cells whose last response was delivered. */
export class EndedCells {
  readonly #endings = new BoundedMap<string, CellEnding>(maxEndings)

  add(cellId: string, ending: CellEnding): void {
    this.#endings.set(cellId, ending)
  }

  get(cellId: string): CellEnding | null {
    return this.#endings.get(cellId) ?? null
  }
}
