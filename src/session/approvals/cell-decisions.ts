import type { ApprovalRecord, ApprovalStore } from '../../storage/approval-store.ts'

/** After so many denials of one tool in a cell, its calls are denied without a prompt. */
const maxDenials = 3

/** What was decided in one cell. A denial cannot be retried around: the same call is denied again, and a tool that is denied often for good. */
export class CellDecisions {
  readonly #store: ApprovalStore
  readonly #records = new Map<number, ApprovalRecord>()
  readonly #denied = new Map<string, string | null>()
  readonly #denials = new Map<string, number>()

  constructor(store: ApprovalStore, cellId: string) {
    this.#store = store
    for (const record of store.ofCell(cellId)) this.#remember(record)
  }

  /** What was decided about a call before it could start, in an earlier process. */
  of(call: number): ApprovalRecord | null {
    return this.#records.get(call) ?? null
  }

  /** Why a call is denied without asking; null: it may be asked about. */
  denialOf(identifier: string, inputHash: string): { readonly reason: string | null } | null {
    const reason = this.#denied.get(nameOf(identifier, inputHash))
    if (reason !== undefined) return { reason }
    if ((this.#denials.get(identifier) ?? 0) < maxDenials) return null
    return { reason: `it was denied ${maxDenials} times in this cell, so it is denied without a prompt` }
  }

  /** Throws `STORAGE_FAILED`: then nothing is decided. */
  record(record: ApprovalRecord, input?: string): void {
    this.#store.save(record, input)
    this.#remember(record)
  }

  #remember(record: ApprovalRecord): void {
    this.#records.set(record.call, record)
    if (record.state !== 'denied') return
    const { identifier, inputHash, reason } = record
    const name = nameOf(identifier, inputHash)
    // The same call that was made many times at once counts once.
    if (this.#denied.has(name)) return
    this.#denied.set(name, reason)
    this.#denials.set(identifier, (this.#denials.get(identifier) ?? 0) + 1)
  }
}

function nameOf(identifier: string, inputHash: string): string {
  return `${identifier}\0${inputHash}`
}
