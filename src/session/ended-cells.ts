import { BoundedMap } from '../collections/bounded-map.ts'
import type { CellEnding } from '../storage/session-store.ts'

/** Most ended cells that are remembered one by one; those before them have only ended. */
const maxRemembered = 10_000

/** The endings of cells whose last response was delivered. */
export class EndedCells {
  readonly #endings = new BoundedMap<string, CellEnding>(maxRemembered)

  add(cellId: string, ending: CellEnding): void {
    this.#endings.set(cellId, ending)
  }

  get(cellId: string): CellEnding | null {
    return this.#endings.get(cellId) ?? null
  }
}
