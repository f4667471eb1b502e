import { cellEndedReason, type ApprovalRecord, type ApprovalStore } from '../../journal/approval-store.ts'

/** Calls that were asked about in an earlier process, and what is on record about calls that do not wait. */
export class StoredCalls {
  readonly #store: ApprovalStore
  /** Cells of an earlier process that run. */
  readonly #reopened = new Set<string>()

  constructor(store: ApprovalStore) {
    this.#store = store
  }

  /** The cell runs again, and will come to its calls. */
  reopened(cellId: string): void {
    this.#reopened.add(cellId)
  }

  forget(cellId: string): void {
    this.#reopened.delete(cellId)
  }

  /** A call that waited in an earlier process, and whose cell has not come to it yet. */
  awaited(key: string): ApprovalRecord | null {
    const record = this.#find(key)
    return record?.state === 'pending' && this.#reopened.has(record.cellId) ? record : null
  }

  /** What became of a call that does not wait, in words. */
  storyOf(key: string): string {
    const record = this.#find(key)
    if (record === null) return 'no such call waits for a decision'
    return record.state === 'pending' || record.reason === cellEndedReason
      ? 'its cell has ended'
      : `it was ${record.state} already`
  }

  #find(key: string): ApprovalRecord | null {
    const [, cellId] = /\/(\d{1,15})\/tool-\d+(?:~\w+)?$/.exec(key) ?? []
    if (cellId === undefined) return null
    return this.#store.ofCell(cellId).find((record) => record.key === key) ?? null
  }
}
