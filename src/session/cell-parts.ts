import type { CellMemory } from '../journal/session-store.ts'
import type { CellContext } from './cell-context.ts'
import { NestedCalls, type NestedCallsOptions } from './nested-calls.ts'
import { Notifications, type Told } from './notifications.ts'

/** The nested calls of a cell. */
export function makeCalls(
  cellId: string,
  { execCallId, catalogue, limits, approvals, source, inputChecks, feed, store }: CellContext,
  memory: CellMemory | null,
  {
    asking,
    answered,
  }: Pick<NestedCallsOptions, 'answered'> & { readonly asking: Omit<NestedCallsOptions['asking'], 'source'> },
): NestedCalls {
  const options = {
    cellId,
    execCallId,
    catalogue,
    limits,
    approvals,
    asking: { source, ...asking },
    inputChecks,
    feed,
    ledger: store.ledger,
    flush: () => store.flush(),
    answered,
  }
  return new NestedCalls(options, memory)
}

/** The notifications of a cell. */
export function makeNotifications(
  cellId: string,
  context: CellContext,
  memory: CellMemory | null,
  told: Told,
): Notifications {
  const { execCallId, limits } = context
  return new Notifications((text, options) => context.notify({ cellId, execCallId, text }, options), {
    timeoutMs: limits.notificationTimeoutMs,
    before: memory?.notified ?? 0,
    told,
  })
}
