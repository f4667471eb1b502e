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
  { approvals: options }: DirectApprovalOptions,
): Promise<void> {
  const approvals = new SessionApprovals({
    policy: new PolicyEvaluator(options),
    store: new MemoryApprovals(),
    feed: null,
    onRequest: options?.onRequest ?? null,
    onBatch: options?.onBatch ?? null,
    holds: false,
  })
  const cell = approvals.forCell({
    cellId: context.cellId,
    source: '',
    stopClock: () => ignore,
    whenQuiet: (callback) => callback(),
    onHeld: ignore,
  })
  await cell.check({ id: 1, identifier, tool, location: null, recordPending: ignore }, input, context)
}

function ignore(): void {}
