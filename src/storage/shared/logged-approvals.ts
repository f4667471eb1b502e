import type { ApprovalGrant, ApprovalRecord, ApprovalStore } from '../approval-store.ts'
import type { RecordLog } from './record-log.ts'

/** The decisions of a session in its log. */
export class LoggedApprovals implements ApprovalStore {
  readonly #log: RecordLog

  constructor(log: RecordLog) {
    this.#log = log
  }

  ofCell(cellId: string): readonly ApprovalRecord[] {
    const approvals = this.#log.state.cells.get(Number(cellId))?.approvals.values() ?? []
    return [...approvals].map(({ record }) => record).toSorted((left, right) => left.call - right.call)
  }

  save({ cellId, ...record }: ApprovalRecord, input?: string): void {
    this.#log.write({ type: 'approval', cell: Number(cellId), input: input ?? null, ...record })
  }

  inputOf(cellId: string, call: number): string | null {
    return this.#log.state.cells.get(Number(cellId))?.approvals.get(call)?.input ?? null
  }

  grants(): readonly ApprovalGrant[] {
    return [...this.#log.state.grants.values()]
  }

  saveGrant({ cellId, identifier, toolDigest, left }: ApprovalGrant): void {
    this.#log.write({ type: 'grant', cell: Number(cellId ?? 0), identifier, toolDigest, left })
  }
}
