import type { CellEnding } from '../storage/session-store.ts'

/** Most ended cells that are remembered one by one; those before them have only ended. */
const maxRemembered = 10_000

/** What is left of cells whose last response was handed over: how they ended. */
export class EndedCells {
  readonly #endings = new Map<string, CellEnding>()

  add(cellId: string, ending: CellEnding): void {
    this.#endings.set(cellId, ending)
    if (this.#endings.size <= maxRemembered) return
    for (const oldest of this.#endings.keys()) return void this.#endings.delete(oldest)
  }

  get(cellId: string): CellEnding | null {
    return this.#endings.get(cellId) ?? null
  }
}
