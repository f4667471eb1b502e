import type { ApprovalGrant, ApprovalRecord, ApprovalStore } from '../approval-store.ts'

/** The decisions of a session, in memory. */
export class MemoryApprovals implements ApprovalStore {
  readonly #records = new Map<string, Map<number, ApprovalRecord>>()
  readonly #grants = new Map<string, ApprovalGrant>()

  ofCell(cellId: string): readonly ApprovalRecord[] {
    return [...(this.#records.get(cellId)?.values() ?? [])]
  }

  save(record: ApprovalRecord): void {
    const ofCell = this.#records.get(record.cellId) ?? new Map<number, ApprovalRecord>()
    this.#records.set(record.cellId, ofCell.set(record.call, record))
  }

  /** Decisions in memory are not pending in a later process. */
  inputOf(): null {
    return null
  }

  grants(): readonly ApprovalGrant[] {
    return [...this.#grants.values()]
  }

  saveGrant(grant: ApprovalGrant): void {
    this.#grants.set(JSON.stringify([grant.cellId, grant.identifier]), grant)
  }

  forget(cellId: string): void {
    this.#records.delete(cellId)
    for (const [key, grant] of this.#grants) if (grant.cellId === cellId) this.#grants.delete(key)
  }
}
