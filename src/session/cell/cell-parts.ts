import { isSessionLost } from '../../errors.ts'
import { callAsync } from '../../protocol/guarded-calls.ts'
import type { CellProgress, CellStore } from '../../storage/session-store.ts'
import type { CellContext } from './cell-context.ts'
import type { CellFollowers } from '../following/cell-followers.ts'
import { NestedCalls, type NestedCallsOptions } from '../calls/nested-calls.ts'
import { Notifications, type Deliver, type Told } from './notifications.ts'

/** The nested calls of a cell. */
export function makeCalls(
  cellId: string,
  { execCallId, catalogue, limits, approvals, source, inputChecks, feed, store }: CellContext,
  memory: CellProgress | null,
  {
    asking,
    answered,
    followers,
  }: Pick<NestedCallsOptions, 'answered' | 'followers'> & {
    readonly asking: Omit<NestedCallsOptions['asking'], 'source'>
  },
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
    followers,
  }
  return new NestedCalls(options, memory)
}

/** The notifications of a cell. */
export function makeNotifications(
  cellId: string,
  context: CellContext,
  memory: CellProgress | null,
  { told, followers }: { readonly told: Told; readonly followers: CellFollowers },
): Notifications {
  const { execCallId, limits, store } = context
  // By `then`: a handler that takes its time holds nothing of the cell.
  const deliver: Deliver = (text, options) =>
    callAsync(() => {
      flushed(store)
      return context.notify({ cellId, execCallId, text }, options)
    })
  return new Notifications(deliver, {
    timeoutMs: limits.notificationTimeoutMs,
    maxBytes: limits.maxPendingNotificationCharsPerCell,
    before: memory?.notified ?? 0,
    told,
    followed: (text) => followers.notified(text),
  })
}

/**
 * A later run is held against what left the cell. A notification is delivered all the same while the disk is full; a session that
 * was lost delivers none.
 */
function flushed(store: CellStore): void {
  try {
    store.flush()
  } catch (error) {
    if (isSessionLost(error)) throw error
  }
}
