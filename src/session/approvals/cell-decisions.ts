import type { ApprovalRecord, ApprovalStore } from '../../storage/approval-store.ts'

/** Number of denials after which a cell cannot request another call of the tool: its calls are denied without a prompt. */
const maxDenials = 3

/**
 * The decisions about the calls of one cell. A program cannot evade a denial by retrying: the same call is denied again, and
 * after `maxDenials` denials all calls of the tool.
 */
export class CellDecisions {
  readonly #store: ApprovalStore
  readonly #records = new Map<number, ApprovalRecord>()
  /** Reasons by identifier and input hash. */
  readonly #reasons = new Map<string, string | null>()
  /** Number of denials by identifier. */
  readonly #denials = new Map<string, number>()

  constructor(store: ApprovalStore, cellId: string) {
    this.#store = store
    for (const record of store.ofCell(cellId)) this.#remember(record)
  }

  /** Returns the record about a call; null for none. */
  of(call: number): ApprovalRecord | null {
    return this.#records.get(call) ?? null
  }

  /** Returns the reason when a call is denied without a prompt; otherwise null. */
  denialOf(identifier: string, inputHash: string): { readonly reason: string | null } | null {
    const reason = this.#reasons.get(nameOf(identifier, inputHash))
    if (reason !== undefined) return { reason }
    if ((this.#denials.get(identifier) ?? 0) < maxDenials) return null
    return { reason: `it was denied ${maxDenials} times in this cell, so it is denied without a prompt` }
  }

  /** Stores a record. Throws `STORAGE_FAILED`; the record then has no effect. */
  record(record: ApprovalRecord, input?: string): void {
    this.#store.save(record, input)
    this.#remember(record)
  }

  #remember(record: ApprovalRecord): void {
    this.#records.set(record.call, record)
    if (record.state !== 'denied') return
    const { identifier, inputHash, reason } = record
    const name = nameOf(identifier, inputHash)
    // Concurrent calls with the same input count once.
    if (this.#reasons.has(name)) return
    this.#reasons.set(name, reason)
    this.#denials.set(identifier, (this.#denials.get(identifier) ?? 0) + 1)
  }
}

function nameOf(identifier: string, inputHash: string): string {
  return `${identifier}\0${inputHash}`
}
