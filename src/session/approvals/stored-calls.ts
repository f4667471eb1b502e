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
  /** The tools that it will call. */
  readonly catalogue: Pick<Catalogue, 'find'>
  readonly ledger: Pick<CellLedger, 'find'>
}

/** Calls that were asked about in an earlier process, and what is on record about calls that do not wait. */
export class StoredCalls {
  readonly #store: ApprovalStore
  /** Cells of an earlier process that run. */
  readonly #reopened = new Set<string>()

  constructor(store: ApprovalStore) {
    this.#store = store
  }

  /** Returns the calls of a cell that wait for a decision, as far as their inputs are known. The cell runs again and will reach them. */
  reopen(cell: ReopenedCell): readonly PendingCall[] {
    this.#reopened.add(cell.cellId)
    const waiting = this.#store.ofCell(cell.cellId).filter(({ state }) => state === 'pending')
    return waiting.flatMap((record) => this.#waiting(record, cell) ?? [])
  }

  /** Whether the cell began in an earlier process. */
  isReopened(cellId: string): boolean {
    return this.#reopened.has(cellId)
  }

  #waiting(record: ApprovalRecord, { execCallId, source, catalogue, ledger }: ReopenedCell): PendingCall | null {
    const { cellId, call, key, identifier, inputHash, askedAt } = record
    const tool = catalogue.find(identifier)
    const entry = ledger.find(call)
    // Records of an older format have no input; what the ledger shows of it may be cut.
    const json = this.#store.inputOf(cellId, call) ?? entry?.input
    if (tool === undefined || entry === null || json === undefined) return null
    const input = parsed(json)
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

  /** Returns a call that waited in an earlier process, and that its cell has not reached again. */
  awaited(key: string): ApprovalRecord | null {
    const record = this.#find(key)
    return record?.state === 'pending' && this.#reopened.has(record.cellId) ? record : null
  }

  /** Returns why a call is not pending. */
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

/** What the tool will be given; nothing was passed as an empty text. */
function parsed(json: string): unknown {
  try {
    return json === '' ? undefined : JSON.parse(json)
  } catch {
    return undefined
  }
}
