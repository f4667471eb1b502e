import type { ApprovalStore } from '../../storage/approval-store.ts'

/** A tool to which a grant applies: its name in programs, and the digest of its definition. */
export type GrantedTool = { readonly identifier: string; readonly toolDigest: string }

/** `left` is the number of remaining calls, `Infinity` for a grant in the session. */
type Grant = { readonly toolDigest: string; readonly left: number }

/**
 * The grants for further calls of a tool: a number of calls in one cell, or any number in the session. They do not apply to
 * another tool with the same name.
 */
export class Grants {
  readonly #store: ApprovalStore
  /** Grants by cell id and identifier. */
  readonly #grants = new Map<string, Grant>()

  constructor(store: ApprovalStore) {
    this.#store = store
    for (const { cellId, identifier, toolDigest, left } of store.grants()) {
      if (toolDigest !== null) this.#grants.set(nameOf(cellId, identifier), { toolDigest, left: left ?? Infinity })
    }
  }

  /** Grants `calls` more calls. Throws `STORAGE_FAILED`; nothing is granted then. */
  add(cellId: string | null, tool: GrantedTool, calls: number): void {
    this.#save(cellId, tool, this.#left(cellId, tool) + calls)
  }

  /**
   * Takes one granted call; returns null when none is left. A call is `counted` in a cell and `uncounted` in the session. Throws
   * `STORAGE_FAILED`; the call is not taken then.
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
