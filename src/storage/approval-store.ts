/** A pending or final decision about one nested call. Times are in milliseconds since 1970. */
export type ApprovalRecord = {
  readonly cellId: string
  readonly call: number
  readonly key: string
  readonly identifier: string
  /** SHA-256 of the JSON of the input with sorted keys. */
  readonly inputHash: string
  /** Digest of the tool when the call was shown, see `toolDigestOf`; null: unknown. */
  readonly toolDigest: string | null
  readonly state: 'pending' | 'allowed' | 'denied'
  /** The reason of a denial. */
  readonly reason: string | null
  readonly askedAt: number
  readonly decidedAt: number | null
} & RecordedDecision

/** The type of a decision, see `ApprovalDecision`. */
export type DecisionType = (typeof decisionTypes)[number]

export const decisionTypes = ['allow', 'allow_in_cell', 'allow_in_session', 'deny'] as const

/** The decision about a call as the approver gave it. */
export type RecordedDecision = {
  /** Null for a pending call, and for a call that no approver decided about. */
  readonly decision: DecisionType | null
  /** The number of calls that `allow_in_cell` allows; otherwise null. */
  readonly grantedCalls: number | null
  /** The id of the request that decided; null without one. */
  readonly requestId: string | null
  /** The approver as the request named it; null when it did not. */
  readonly decidedBy: string | null
}

/** The decision about a pending call. */
export const undecided: RecordedDecision = {
  decision: null,
  grantedCalls: null,
  requestId: null,
  decidedBy: null,
}

/** The stored reason for calls that were pending when their cell ended. */
export const cellEndedReason = 'the cell ended'

/** An approval that covers further calls of one tool. */
export type ApprovalGrant = {
  /** Null: in every cell of the session. */
  readonly cellId: string | null
  readonly identifier: string
  /** Digest of the approved tool, see `toolDigestOf`. Null, from an older format: the grant is void. */
  readonly toolDigest: string | null
  /** Remaining calls; null: unlimited. */
  readonly left: number | null
}

/** Stores the decisions of a session. */
export interface ApprovalStore {
  /** Returns the pending and final decisions of a cell. */
  ofCell(cellId: string): readonly ApprovalRecord[]
  /**
   * Replaces the record of the same call. `input`, JSON, is stored with it for approvers in a later process.
   *
   * @throws {CodecellError} `STORAGE_FAILED`; then the decision does not count
   */
  save(record: ApprovalRecord, input?: string): void
  /** Returns the JSON of the input that was stored with the record of a call, or null. */
  inputOf(cellId: string, call: number): string | null
  grants(): readonly ApprovalGrant[]
  /**
   * Replaces the grant of the same cell and tool.
   *
   * @throws {CodecellError} `STORAGE_FAILED`
   */
  saveGrant(grant: ApprovalGrant): void
}
