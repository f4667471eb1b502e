import type { CellLedger } from '../../storage/ledger.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import { toolDigestOf } from '../../tools/tool-digest.ts'
import { cellEndedReason, type ApprovalRecord, type ApprovalStore } from '../../storage/approval-store.ts'
import { inputHashOf } from './input-hash.ts'
import type { PendingCall } from './pending-calls.ts'

/** A cell of an earlier process that resumes. */
export type ReopenedCell = {
  readonly cellId: string
  readonly execCallId: string | null
  readonly source: string
  /** The tools of the cell in this process. */
  readonly catalogue: Pick<Catalogue, 'find'>
  readonly ledger: Pick<CellLedger, 'find'>
}

/** The stored records about calls: those that an earlier process left pending, and those that are settled. */
export class StoredCalls {
  readonly #store: ApprovalStore
  /** Ids of running cells that started in an earlier process. */
  readonly #reopened = new Set<string>()

  constructor(store: ApprovalStore) {
    this.#store = store
  }

  /** Adds a cell that resumes, and returns its pending calls whose tool and input are known. The cell will reach them again. */
  reopen(cell: ReopenedCell): readonly PendingCall[] {
    this.#reopened.add(cell.cellId)
    const pending = this.#store.ofCell(cell.cellId).filter(({ state }) => state === 'pending')
    return pending.flatMap((record) => this.#pendingCallOf(record, cell) ?? [])
  }

  /** Returns whether the cell started in an earlier process. */
  isReopened(cellId: string): boolean {
    return this.#reopened.has(cellId)
  }

  #pendingCallOf(record: ApprovalRecord, { execCallId, source, catalogue, ledger }: ReopenedCell): PendingCall | null {
    const { cellId, call, key, identifier, inputHash, askedAt } = record
    const tool = catalogue.find(identifier)
    const entry = ledger.find(call)
    // Records of an older format do not have the input. The ledger can have a truncated one, which the hash below detects.
    const json = this.#store.inputOf(cellId, call) ?? entry?.input
    if (tool === undefined || entry === null || json === undefined) return null
    const input = parseInput(json)
    if (inputHashOf(input) !== inputHash) return null
    return {
      request: { key, cellId, callId: `tool-${call}`, execCallId, identifier, tool, location: entry.location },
      input,
      source,
      inputHash,
      toolDigest: toolDigestOf(tool),
      askedAt,
      isStored: true,
      controller: new AbortController(),
      settle: () => undefined,
    }
  }

  forget(cellId: string): void {
    this.#reopened.delete(cellId)
  }

  /** Returns the record of a pending call that its cell has not reached again; null for none. */
  awaited(key: string): ApprovalRecord | null {
    const record = this.#find(key)
    return record?.state === 'pending' && this.#reopened.has(record.cellId) ? record : null
  }

  /** Returns the reason why a call is not pending. */
  reasonOf(key: string): string {
    const record = this.#find(key)
    if (record === null) return 'no pending call has this key'
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

/** Parses a stored input. The empty string stands for undefined. */
function parseInput(json: string): unknown {
  try {
    return json === '' ? undefined : JSON.parse(json)
  } catch {
    return undefined
  }
}
