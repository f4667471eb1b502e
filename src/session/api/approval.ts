import type { SourceLocation } from '../../events/session-event.ts'
import type { ApprovalPolicy, Tool } from '../../tools/tool.ts'

/** A nested call that waits for a decision. */
export type ApprovalRequest = {
  /** The key of the call, the same after a restart. */
  readonly key: string
  readonly cellId: string
  /** The number of the call within the cell: `tool-1`, `tool-2`, … */
  readonly callId: string
  /** The call id of the `exec` that started the cell; null when the caller gave none. */
  readonly execCallId: string | null
  /** The name under which the program calls the tool. */
  readonly identifier: string
  readonly tool: Tool
  /** A copy of the input: changes to it do not reach the tool. */
  readonly input: unknown
  /** The location of the call in the program; null when it is unknown. */
  readonly location: SourceLocation | null
}

/** The pending calls of one cell, with the source of its program. */
export type ApprovalBatch = {
  readonly cellId: string
  readonly source: string
  readonly requests: readonly ApprovalRequest[]
}

/** A decision about a call. */
export type ApprovalDecision =
  /** Allows this call. */
  | { readonly type: 'allow' }
  /** Allows this number of calls of the tool in the cell, including this one. */
  | { readonly type: 'allow_in_cell'; readonly calls: number }
  /** Allows all calls of the tool in the session. */
  | { readonly type: 'allow_in_session' }
  /** Denies the call: it rejects in the cell, with the reason in its message. */
  | { readonly type: 'deny'; readonly reason?: string }

/** Decides about one call. `signal` aborts when the decision is not needed. An error or rejection denies the call. */
export type ApprovalRequestHandler = (
  request: ApprovalRequest,
  options: { readonly signal: AbortSignal },
) => ApprovalDecision | Promise<ApprovalDecision>

/** One decision for all requests of a batch, or decisions by key: requests without a decision stay pending. */
export type ApprovalBatchDecision = ApprovalDecision | ReadonlyMap<string, ApprovalDecision>

/**
 * Decides about all pending calls of a cell. `signal` aborts when no decision is needed. An error or rejection denies the
 * calls.
 */
export type ApprovalBatchHandler = (
  batch: ApprovalBatch,
  options: { readonly signal: AbortSignal },
) => ApprovalBatchDecision | Promise<ApprovalBatchDecision>

/** The policy that `decide` returns for a call. The cell can read `reason`. Null applies the rules. */
export type ApprovalPolicyDecision = ApprovalPolicy | { readonly policy: 'deny'; readonly reason: string } | null

/** The policy of all tools that match a pattern. */
export type ApprovalRule = {
  /** A tool identifier, in which `*` matches any number of characters, e.g. `mcp__files__*`. */
  readonly tools: string
  readonly policy: ApprovalPolicy
  /** The reason in the error that the cell receives when the rule denies a call. */
  readonly reason?: string
}

/**
 * The options for approvals of nested calls. `decide`, `rules`, the tool's `needsApproval` and `hints` choose the policy of a call,
 * in this order. One of `onRequest`, `onBatch` and `hold` determines how a call with the policy `ask` gets its decision. Without
 * one, such a call is denied. See `docs/approvals.md`.
 */
export type ApprovalOptions = {
  /** Chooses the policy of a call before the rules apply. Null applies the rules. An error or rejection denies the call. */
  readonly decide?: (call: ApprovalRequest) => ApprovalPolicyDecision | Promise<ApprovalPolicyDecision>
  /**
   * Policies by tool. The first rule that matches a tool applies.
   *
   * @default []
   */
  readonly rules?: readonly ApprovalRule[]
  /**
   * The tools with the policy `ask` when neither a rule nor the tool itself chooses one. `destructive`: tools with
   * `destructiveHint: true`. `writes`: tools without `readOnlyHint: true`.
   *
   * @default 'none'
   */
  readonly hints?: 'none' | 'destructive' | 'writes'
  /** Decides about each call separately. Excludes `onBatch` and `hold`. */
  readonly onRequest?: ApprovalRequestHandler
  /** Decides about all pending calls of a cell together. Excludes `onRequest` and `hold`. */
  readonly onBatch?: ApprovalBatchHandler
  /**
   * Whether calls stay in `session.pendingApprovals()` until `session.decide()` is called. An observation of their cell yields when
   * they become pending. Excludes `onRequest` and `onBatch`.
   *
   * @default false
   */
  readonly hold?: boolean
}
