/** A decision about one nested call, asked for or made. Times are in milliseconds since 1970. */
export type ApprovalRecord = {
  readonly cellId: string
  readonly call: number
  readonly key: string
  readonly identifier: string
  /** SHA-256 of the JSON text of the input, its keys in order. */
  readonly inputHash: string
  /** What the tool was when the call was shown, see `toolDigestOf`; null: not known. */
  readonly toolDigest: string | null
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
  /** The tool that was allowed, see `toolDigestOf`. Null, from an older format: the allowance does not count. */
  readonly toolDigest: string | null
  /** Calls that are left; null: any number. */
  readonly left: number | null
}

/** Where the decisions of a session are kept. */
export interface ApprovalStore {
  /** Asked for or decided in a cell. */
  ofCell(cellId: string): readonly ApprovalRecord[]
  /**
   * Replaces the record of the same call. `input`, JSON text, is kept with it for those who are asked in a later process. Throws
   * `STORAGE_FAILED`: then nothing of it counts.
   */
  save(record: ApprovalRecord, input?: string): void
  /** The JSON text of the input that was kept with the record of a call; null: none was. */
  inputOf(cellId: string, call: number): string | null
  grants(): readonly ApprovalGrant[]
  /** Replaces the grant of the same cell and tool. Throws `STORAGE_FAILED`. */
  saveGrant(grant: ApprovalGrant): void
}
