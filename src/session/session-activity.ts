import type { Reverts } from './calls/reverts.ts'
import type { SessionServices } from './services/session-services.ts'
import type { SessionCells } from './session-cells.ts'

/** The activity of an open session, for a process that decides whether to keep it open. */
export class SessionActivity {
  readonly #services: SessionServices
  readonly #cells: SessionCells
  readonly #reverts: Reverts

  constructor(services: SessionServices, cells: SessionCells, reverts: Reverts) {
    this.#services = services
    this.#cells = cells
    this.#reverts = reverts
  }

  /** Whether the session needs nothing of this process: no caller observes it, and its cells wait. */
  get onlyWaits(): boolean {
    const { approvals, store } = this.#services
    if (this.#reverts.isRunning || approvals.isAsking) return false
    if (this.#cells.list().some((cell) => cell.isObserved || !cell.onlyWaits)) return false
    const barrier = store.barrier()
    // What cannot be written is reported by the effect that waits for it.
    barrier?.catch(() => undefined)
    return barrier === null
  }

  /** Whether the next owner has work at once. */
  get isDue(): boolean {
    if (this.#services.approvals.isAsking) return true
    return this.#cells.list().some(({ onlyWaits, waitsForEngine }) => !onlyWaits || waitsForEngine)
  }
}
