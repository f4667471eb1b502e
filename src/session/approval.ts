import { messageOf } from '../errors.ts'
import type { ActivityFeed } from './activity-feed.ts'
import type { Tool, ToolCallContext } from '../tools/tool.ts'

/** A nested call that waits for somebody to allow it. */
export type ApprovalRequest = {
  readonly cellId: string
  /** `tool-1`, `tool-2`, … within the cell. */
  readonly callId: string
  readonly execCallId: string | null
  /** What the program calls the tool by. */
  readonly identifier: string
  readonly tool: Tool
  readonly input: unknown
}

export type ApprovalDecision =
  | { readonly type: 'allow' }
  /** The call rejects in the cell; `reason` is part of what the cell reads. */
  | { readonly type: 'deny'; readonly reason?: string }

/** Asks whoever decides. `signal` aborts when the answer is not wanted any more. Throwing denies. */
export type ApprovalHandler = (
  request: ApprovalRequest,
  options: { readonly signal: AbortSignal },
) => ApprovalDecision | Promise<ApprovalDecision>

const nobody: ApprovalDecision = { type: 'deny', reason: 'nobody can be asked here' }

/** Resolves when the call may be made; throws what the cell should read when it may not. */
export async function approveCall(
  { identifier, tool, input }: Pick<ApprovalRequest, 'identifier' | 'tool' | 'input'>,
  context: ToolCallContext,
  { ask, feed }: { readonly ask: ApprovalHandler | null; readonly feed: ActivityFeed | null },
): Promise<void> {
  const { needsApproval = false } = tool
  const isNeeded: unknown = typeof needsApproval === 'function' ? await needsApproval(input, context) : needsApproval
  // A function of the embedder that says neither yes nor no has not said no.
  if (isNeeded === false) return
  const { cellId, callId, execCallId, signal } = context
  feed?.tell({ type: 'approval_asked', cellId, callId })
  const decision =
    ask === null ? nobody : await decisionOf(ask, { cellId, callId, execCallId, identifier, tool, input }, signal)
  const told = decision.type === 'deny' ? (decision.reason ?? null) : null
  feed?.tell({ type: 'approval_decided', cellId, callId, allowed: decision.type === 'allow', reason: told })
  if (decision === nobody) throw new TypeError(`tool \`${identifier}\` needs an approval, and nobody can be asked here`)
  if (decision.type === 'allow') return
  const reason = decision.reason === undefined || decision.reason === '' ? '' : `: ${decision.reason}`
  throw new TypeError(`the call of tool \`${identifier}\` was denied${reason}`)
}

async function decisionOf(
  handler: ApprovalHandler,
  request: ApprovalRequest,
  signal: AbortSignal,
): Promise<ApprovalDecision> {
  try {
    return await handler(request, { signal })
  } catch (error) {
    return { type: 'deny', reason: messageOf(error) }
  }
}
