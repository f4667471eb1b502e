import type { DeferOptions, DeferredResult } from './deferred-result.ts'
import type { ToolSchema } from './schema/standard-schema.ts'

/** The context of a nested tool call. */
export type ToolCallContext = {
  /** The cell that made the call. */
  readonly cellId: string
  /** `tool-1`, `tool-2`, … in the order of the calls of that cell. */
  readonly callId: string
  /** The id of the `exec` call that started the cell, if the caller gave one. */
  readonly execCallId: string | null
  /**
   * Identifies this call among all calls of all sessions. A retry after a crash has the same key: pass it to services
   * that can deduplicate requests.
   */
  readonly key: string
  /**
   * Number of the opening of the session that makes the call. It grows with each process that opens a stored session; it is 1 in
   * memory, and 0 for a call of the model itself. A service that remembers the greatest epoch of a session can refuse calls of a
   * process that lost the session.
   */
  readonly epoch: number
  /** Aborted when the result is no longer needed: the cell ended, was terminated, or the call timed out. */
  readonly signal: AbortSignal
  /**
   * Defers the result of this call: `return context.defer()`. The tool returns, and the result is provided later by the key of the
   * call, with `session.provideResult`, `provideResult` or `codecell answer`. Until then the call takes no host and has no timeout.
   *
   * @throws {TypeError} for invalid options, for a second deferral of the call, and for a call that cannot be deferred: one of the
   * model itself, and one that has ended.
   */
  defer(options?: DeferOptions): DeferredResult
}

/** A call that is reverted: its input, its result as JSON, and its key. */
export type RevertedCall<Input = unknown> = { readonly input: Input; readonly result: unknown; readonly key: string }

/** The handling of a call before its tool runs: it is allowed, needs an approval, or is denied. */
export type ApprovalPolicy = 'allow' | 'ask' | 'deny'

/** A caller of a tool: the model itself (`direct`), or programs (`code`). */
export type ToolCaller = 'direct' | 'code'

/** Hints about the effects of a tool, as in MCP. They are claims of its author, not facts. */
export type ToolAnnotations = {
  readonly title?: string
  readonly readOnlyHint?: boolean
  readonly destructiveHint?: boolean
  readonly idempotentHint?: boolean
  readonly openWorldHint?: boolean
}

/**
 * The one type of tools, which every integration converts to. A *function* tool takes a JSON object (`{}` when the cell
 * passed nothing), a *freeform* tool takes a string; other inputs are refused before `call` runs.
 */
export interface Tool {
  readonly name: string
  /** Prefix of the name, e.g. `mcp__github`. */
  readonly namespace?: string | null
  /** Description of the namespace in the description of `exec`; the first tool that has one decides. */
  readonly namespaceDescription?: string
  /** The name of the MCP server of the tool, for traces. */
  readonly server?: string
  readonly kind?: 'function' | 'freeform'
  /**
   * `call` gets the input unchanged, whatever its type, and undefined for none.
   *
   * @default false
   */
  readonly takesAnyInput?: boolean
  /**
   * The tool validates its own input, which may accept more than its schema, so inputs are not validated against the
   * schema.
   */
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
   * The callers of the tool. A tool is offered to the model itself only when it names `direct`, or when all tools are.
   * A tool without `code` is not a member of `tools`.
   *
   * @default ['direct', 'code']
   */
  readonly allowedCallers?: readonly ToolCaller[]
  /** Never declared in the description of `exec`: programs find the tool with `tools.tool_search` or in `ALL_TOOLS`. */
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
   * The name of a tool of the same namespace that does the same. Approval rules that match its identifier apply to this tool too.
   */
  readonly variantOf?: string
  /**
   * Whether a call with an unknown outcome may be retried with the same key. Without it, the cell receives the error
   * that the outcome is unknown.
   *
   * @default `idempotentHint` or `readOnlyHint`, else `false`
   */
  readonly idempotent?: boolean
  /**
   * Reverts an applied call, for `session.revert`. Its input and result are stored for it as JSON. If it throws, the
   * call is not reverted.
   */
  revert?(call: RevertedCall, context: { readonly signal: AbortSignal }): unknown
  /**
   * Runs the tool. The cell receives the returned value as JSON, or the message of a thrown error, without its stack or
   * other members. A tool whose result arrives later returns `context.defer()`.
   */
  call(input: unknown, context: ToolCallContext): unknown
}
