import type { ApprovalStore } from '../../storage/approval-store.ts'

/** A tool as a person allows it: what programs call it by, and what it is. */
export type GrantedTool = { readonly identifier: string; readonly toolDigest: string }

type Grant = { readonly toolDigest: string; readonly left: number }

/**
 * Allowances for further calls: of a tool in one cell, so many; of a tool in the session, any number. Another tool of the same
 * name has no part in them.
 */
export class Grants {
  readonly #store: ApprovalStore
  /** By cell and identifier; `left` is `Infinity` in the session as a whole. */
  readonly #grants = new Map<string, Grant>()

  constructor(store: ApprovalStore) {
    this.#store = store
    for (const { cellId, identifier, toolDigest, left } of store.grants()) {
      if (toolDigest !== null) this.#grants.set(nameOf(cellId, identifier), { toolDigest, left: left ?? Infinity })
    }
  }

  /** Adds to what is left. Throws `STORAGE_FAILED`: then nothing is granted. */
  add(cellId: string | null, tool: GrantedTool, calls: number): void {
    this.#save(cellId, tool, this.#left(cellId, tool) + calls)
  }

  /**
   * Takes one call out, if one is left: of those that are counted, or of those that are not. Throws `STORAGE_FAILED`: then it is
   * not taken.
   */
  take(cellId: string, tool: GrantedTool): 'counted' | 'uncounted' | null {
    if (this.#left(null, tool) > 0) return 'uncounted'
    const left = this.#left(cellId, tool)
    if (left < 1) return null
    this.#save(cellId, tool, left - 1)
    return 'counted'
  }

  #left(cellId: string | null, { identifier, toolDigest }: GrantedTool): number {
    const grant = this.#grants.get(nameOf(cellId, identifier))
    return grant?.toolDigest === toolDigest ? grant.left : 0
  }

  #save(cellId: string | null, { identifier, toolDigest }: GrantedTool, left: number): void {
    this.#store.saveGrant({ cellId, identifier, toolDigest, left: left === Infinity ? null : left })
    this.#grants.set(nameOf(cellId, identifier), { toolDigest, left })
  }

  forget(cellId: string): void {
    for (const name of this.#grants.keys()) if (name.startsWith(`${cellId}\0`)) this.#grants.delete(name)
  }
}

function nameOf(cellId: string | null, identifier: string): string {
  return `${cellId ?? ''}\0${identifier}`
}
