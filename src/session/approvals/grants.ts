import type { ApprovalStore } from '../../journal/approval-store.ts'

/** Allowances for further calls: of a tool in one cell, so many; of a tool in the session, any number. */
export class Grants {
  readonly #store: ApprovalStore
  /** Calls left by cell and tool; `Infinity` in the session as a whole. */
  readonly #left = new Map<string, number>()

  constructor(store: ApprovalStore) {
    this.#store = store
    for (const { cellId, identifier, left } of store.grants()) {
      this.#left.set(nameOf(cellId, identifier), left ?? Infinity)
    }
  }

  /** Adds to what is left. Throws `STORAGE_FAILED`: then nothing is granted. */
  add(cellId: string | null, identifier: string, calls: number): void {
    const left = this.#of(cellId, identifier) + calls
    this.#store.saveGrant({ cellId, identifier, left: left === Infinity ? null : left })
    this.#left.set(nameOf(cellId, identifier), left)
  }

  /** Takes one call out, if one is left. Throws `STORAGE_FAILED`: then it is not taken. */
  take(cellId: string, identifier: string): boolean {
    if (this.#of(null, identifier) > 0) return true
    const left = this.#of(cellId, identifier)
    if (left < 1) return false
    this.#store.saveGrant({ cellId, identifier, left: left - 1 })
    this.#left.set(nameOf(cellId, identifier), left - 1)
    return true
  }

  #of(cellId: string | null, identifier: string): number {
    return this.#left.get(nameOf(cellId, identifier)) ?? 0
  }

  forget(cellId: string): void {
    for (const name of this.#left.keys()) if (name.startsWith(`${cellId}\0`)) this.#left.delete(name)
  }
}

function nameOf(cellId: string | null, identifier: string): string {
  return `${cellId ?? ''}\0${identifier}`
}
