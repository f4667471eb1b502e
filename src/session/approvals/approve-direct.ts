import { SessionClock } from '../common/session-clock.ts'
import { MemoryApprovals } from '../../storage/memory/memory-approvals.ts'
import type { Tool, ToolCallContext } from '../../tools/tool.ts'
import type { SessionOptions } from '../api/session-options.ts'
import { PolicyEvaluator } from './policy.ts'
import { SessionApprovals } from './session-approvals.ts'

export type DirectApprovalOptions = Pick<SessionOptions, 'approvals'>

/**
 * Resolves when a direct call of the model is approved. The rules for nested calls apply. A grant for several calls applies to
 * this call only. Rejects with the error for the model when the call is denied.
 */
export async function approveDirect(
  { identifier, tool, input }: { readonly identifier: string; readonly tool: Tool; readonly input: unknown },
  context: ToolCallContext,
  { approvals: options }: DirectApprovalOptions,
): Promise<void> {
  const approvals = new SessionApprovals({
    policy: new PolicyEvaluator(options),
    store: new MemoryApprovals(),
    barrier: () => null,
    clock: new SessionClock({}),
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
