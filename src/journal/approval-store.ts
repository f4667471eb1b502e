/** A decision about one nested call, asked for or made. Times are in milliseconds since 1970. */
export type ApprovalRecord = {
  readonly cellId: string
  readonly call: number
  readonly key: string
  readonly identifier: string
  /** SHA-256 of the JSON text of the input, its keys in order. */
  readonly inputHash: string
  readonly state: 'pending' | 'allowed' | 'denied'
  /** Why it was denied. */
  readonly reason: string | null
  readonly askedAt: number
  readonly decidedAt: number | null
}

/** The reason on record of calls that waited when their cell ended. */
export const cellEndedReason = 'the cell ended'

/** An allowance for further calls of one tool. */
export type ApprovalGrant = {
  /** Null: in every cell of the session. */
  readonly cellId: string | null
  readonly identifier: string
  /** Calls that are left; null: any number. */
  readonly left: number | null
}

/** Where the decisions of a session are kept. */
export interface ApprovalStore {
  /** Asked for or decided in a cell. */
  ofCell(cellId: string): readonly ApprovalRecord[]
  /** Replaces the record of the same call. Throws `STORAGE_FAILED`: then nothing of it counts. */
  save(record: ApprovalRecord): void
  grants(): readonly ApprovalGrant[]
  /** Replaces the grant of the same cell and tool. Throws `STORAGE_FAILED`. */
  saveGrant(grant: ApprovalGrant): void
}
