import { MemoryApprovals } from '../../storage/memory/memory-approvals.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import type { SessionOptions } from '../api/session-options.ts'
import { PolicyEvaluator } from './policy.ts'
import { SessionApprovals } from './session-approvals.ts'

export type DirectApprovalOptions = Pick<SessionOptions, 'approvals'>

/**
 * Asks about a call that the model makes itself, by the rules that hold for programs. Allowances for more than the call count
 * for it alone. Throws what the model should read when the call may not be made.
 */
export async function approveDirect(
  { identifier, tool, input }: { readonly identifier: string; readonly tool: Tool; readonly input: unknown },
  context: ToolCallContext,
  { approvals }: DirectApprovalOptions,
): Promise<void> {
  const asking = new SessionApprovals({
    policy: new PolicyEvaluator(approvals),
    store: new MemoryApprovals(),
    feed: null,
    onRequest: approvals?.onRequest ?? null,
    onBatch: approvals?.onBatch ?? null,
    holds: false,
  })
  const call = { id: 1, identifier, tool, input: JSON.stringify(input) ?? '', location: null }
  await asking.check(call, input, context, {
    source: '',
    waits: () => ignore,
    whenQuiet: (callback) => callback(),
    isHeld: ignore,
    onRecord: ignore,
  })
}

function ignore(): void {}
