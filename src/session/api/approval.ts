import type { SourceLocation } from '../../events/session-event.ts'
import type { Tool } from '../../tools/tool.ts'

/** A nested call that waits for somebody to allow it. */
export type ApprovalRequest = {
  /** The key of the call, the same after a restart. */
  readonly key: string
  readonly cellId: string
  /** `tool-1`, `tool-2`, … within the cell. */
  readonly callId: string
  readonly execCallId: string | null
  /** What the program calls the tool by. */
  readonly identifier: string
  readonly tool: Tool
  /** A copy: what the tool is given cannot be changed here. */
  readonly input: unknown
  /** Where in the program the call is; null where nobody can say. */
  readonly location: SourceLocation | null
}

/** The calls of one cell that wait at the same moment, with the whole program. */
export type ApprovalBatch = {
  readonly cellId: string
  readonly source: string
  readonly requests: readonly ApprovalRequest[]
}

export type ApprovalDecision =
  /** This call. */
  | { readonly type: 'allow' }
  /** So many calls of this tool in this cell, this one counted. */
  | { readonly type: 'allow_in_cell'; readonly calls: number }
  /** All calls of this tool in the session. */
  | { readonly type: 'allow_in_session' }
  /** The call rejects in the cell; `reason` is part of what the cell reads. */
  | { readonly type: 'deny'; readonly reason?: string }

/** Asks whoever decides about one call. `signal` aborts when the answer is not wanted any more. Throwing denies. */
export type ApprovalHandler = (
  request: ApprovalRequest,
  options: { readonly signal: AbortSignal },
) => ApprovalDecision | Promise<ApprovalDecision>

/** One decision for all requests of a batch, or some by key: the others go on waiting. */
export type BatchDecision = ApprovalDecision | ReadonlyMap<string, ApprovalDecision>

/** Asks whoever decides about all calls of a cell that wait at the same moment. Throwing denies them. */
export type BatchHandler = (
  batch: ApprovalBatch,
  options: { readonly signal: AbortSignal },
) => BatchDecision | Promise<BatchDecision>

/** What happens to a call: it is made, somebody is asked, or it is refused. */
export type Policy = 'allow' | 'ask' | 'deny'

/** What somebody says of a call. `reason` is told to the cell; null says nothing. */
export type PolicyAnswer = Policy | { readonly policy: 'deny'; readonly reason: string } | null

export type ApprovalRule = {
  /** Identifiers of tools; `*` stands for any characters. */
  readonly tools: string
  readonly policy: Policy
  /** Told to the cell where the rule denies. */
  readonly reason?: string
}

/** What decides whether somebody is asked, in this order; see `docs/approvals.md`. */
export type ApprovalOptions = {
  /** Looks at each call. Null: go on with the rules. Throwing denies. */
  readonly decide?: (call: ApprovalRequest) => PolicyAnswer | Promise<PolicyAnswer>
  /** The first that fits a tool counts. */
  readonly rules?: readonly ApprovalRule[]
  /**
   * Which tools are asked about that no rule fits and that say nothing themselves: those with `destructiveHint: true`, or those
   * without `readOnlyHint: true`. Default: `none`.
   */
  readonly hints?: 'none' | 'destructive' | 'writes'
}
