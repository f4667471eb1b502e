import type { ToolSchema } from './schema/standard-schema.ts'

/** What a nested tool call knows about itself. */
export type ToolCallContext = {
  /** The cell that called. */
  readonly cellId: string
  /** `tool-1`, `tool-2`, … in the order of the calls of that cell. */
  readonly callId: string
  /** The call id of the `exec` that started the cell, where the caller gave one. */
  readonly execCallId: string | null
  /**
   * The name of this call among all calls of all sessions, the same when it is made again after a crash: hand it on where
   * somebody can tell a repeated request by it.
   */
  readonly key: string
  /** Aborted when the answer is not wanted any more: the cell ended, was terminated, or the call ran out of time. */
  readonly signal: AbortSignal
}

/** A call that is reverted: its input, its result as JSON, and its key. */
export type RevertedCall<Input = unknown> = { readonly input: Input; readonly result: unknown; readonly key: string }

/** What happens to a call before its tool runs: it is allowed, it needs an approval, or it is denied. */
export type ApprovalPolicy = 'allow' | 'ask' | 'deny'

/** Who may call a tool: the model itself (`direct`), or programs (`code`). */
export type ToolCaller = 'direct' | 'code'

/** What a tool says about its effects, in the words of MCP. Claims of whoever wrote the tool, not facts. */
export type ToolAnnotations = {
  readonly title?: string
  readonly readOnlyHint?: boolean
  readonly destructiveHint?: boolean
  readonly idempotentHint?: boolean
  readonly openWorldHint?: boolean
}

/**
 * The one shape of a tool; every adapter translates into it. A *function* tool takes a JSON object (`{}` when the cell
 * passed nothing), a *freeform* tool takes a string; anything else is refused before `call` is reached.
 */
export interface Tool {
  readonly name: string
  /** Joined in front of the name, for example `mcp__github`. */
  readonly namespace?: string | null
  /** What a model reads once about all tools of the namespace; the first tool that has one decides. */
  readonly namespaceDescription?: string
  /** The name of the MCP server that has the tool, for traces. */
  readonly server?: string
  readonly kind?: 'function' | 'freeform'
  /** The input reaches `call` as it came, whatever it is, and undefined for none: the tool judges it. Default: no. */
  readonly takesAnyInput?: boolean
  /** The tool has a check of its own, which may take more than its schema says, so the schema is not held against inputs. */
  readonly checksInput?: boolean
  readonly description?: string
  /**
   * The schema of the input: a Standard Schema (zod, ArkType, Valibot and others) or JSON Schema. A Standard Schema validates the
   * input, and `call` gets its output.
   */
  readonly inputSchema?: ToolSchema | undefined
  /**
   * The schema of the result. A Standard Schema validates the result, and the cell gets its output; JSON Schema only describes
   * the result.
   */
  readonly outputSchema?: ToolSchema | undefined
  /**
   * Default: both, but a tool is offered to the model itself only where it names `direct`, or where all are offered. A tool
   * without `code` is no member of `tools`.
   */
  readonly allowedCallers?: readonly ToolCaller[]
  /** Never written out in the description of `exec`: programs find it with `tools.tool_search` or in `ALL_TOOLS`. */
  readonly deferred?: boolean
  readonly annotations?: ToolAnnotations
  /**
   * The policy of calls of this tool: one for all of them, or a function of the input. A function that returns anything else
   * means `ask`. The session's `approvals.decide` and `approvals.rules` come first.
   *
   * @default what `approvals.hints` says of the tool's annotations, else `allow`
   */
  readonly needsApproval?:
    | ApprovalPolicy
    | ((input: unknown, context: ToolCallContext) => ApprovalPolicy | Promise<ApprovalPolicy>)
  /**
   * Whether a call may be made again with the same key when nobody knows what came of it. Default: what `idempotentHint` or
   * `readOnlyHint` say, else no; then the cell is told that the outcome is unknown.
   */
  readonly idempotent?: boolean
  /**
   * Undoes a call that was applied, for `session.revert`. Input and result are kept for it, as JSON values. Throwing means that
   * it is not undone.
   */
  revert?(call: RevertedCall, context: { readonly signal: AbortSignal }): unknown
  /**
   * Runs the tool. What it returns reaches the cell as JSON; what it throws reaches the cell as text, without stack or
   * other fields.
   */
  call(input: unknown, context: ToolCallContext): unknown
}
