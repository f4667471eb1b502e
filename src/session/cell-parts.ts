import type { CellContext } from './cell-context.ts'
import { NestedCalls, type NestedCallsOptions } from './nested-calls.ts'
import { Notifications, type Told } from './notifications.ts'

/** The nested calls of a cell. */
export function makeCalls(
  cellId: string,
  { execCallId, catalogue, limits, approvals, source, inputChecks, feed, store, memory }: CellContext,
  {
    asking,
    answered,
  }: Pick<NestedCallsOptions, 'answered'> & { readonly asking: Omit<NestedCallsOptions['asking'], 'source'> },
): NestedCalls {
  return new NestedCalls({
    cellId,
    execCallId,
    catalogue,
    limits,
    approvals,
    asking: { source, ...asking },
    inputChecks,
    feed,
    ledger: store.ledger,
    memory,
    flush: () => store.flush(),
    answered,
  })
}

/** The notifications of a cell. */
export function makeNotifications(cellId: string, context: CellContext, told: Told): Notifications {
  const { execCallId, limits, memory } = context
  return new Notifications((text, options) => context.notify({ cellId, execCallId, text }, options), {
    timeoutMs: limits.notificationTimeoutMs,
    before: memory?.notified ?? 0,
    told,
  })
}
