import { messageOf } from '../../errors.ts'
import type { StoredState } from '../../storage/snapshots/durable-snapshot.ts'
import { parseCellState, type CellState } from '../../storage/snapshots/cell-state.ts'
import type { NestedCalls } from '../calls/nested-calls.ts'
import type { CellOutput } from '../output/cell-output.ts'
import { bytesOf } from '../output/output-buffer.ts'
import type { CellClock } from './cell-clock.ts'
import type { CellRuntime } from './cell-runtime.ts'
import type { EventQuota } from './event-quota.ts'
import type { Notifications } from './notifications.ts'

/** Maximum size of unread output and pending inputs in a snapshot, in bytes and characters. */
const maxContent = 2 ** 20

/** The parts of a cell whose state its events determine. */
export type StatefulParts = {
  readonly output: CellOutput
  readonly calls: NestedCalls
  readonly clock: CellClock
  readonly quota: EventQuota
  readonly notifications: Notifications
}

type OwnState = Pick<CellState, 'source' | 'yieldedAt' | 'stored'>

/** Returns the state of a cell as JSON; null while it has none that a later process can resume. */
export function stateJson({ output, calls, clock, quota, notifications }: StatefulParts, own: OwnState): string | null {
  if (output.bytes + calls.pendingInputChars > maxContent) return null
  const { total } = notifications
  const { state: outputState } = output
  if (total === null || outputState === null) return null
  const state: CellState = {
    ...own,
    events: quota.events,
    output: outputState,
    calls: calls.state,
    timers: clock.pending,
    notifications: total,
  }
  const json = JSON.stringify(state)
  // UTF-8 cannot represent half of a surrogate pair: `JSON.stringify` escapes it.
  return parseCellState(JSON.parse(json)) === null ? null : json
}

/**
 * Puts a cell of an earlier process into the state of a snapshot. Returns false, and changes nothing, when the records after the
 * snapshot do not fit it.
 */
export function restoreParts(parts: StatefulParts, state: CellState): boolean {
  const { output, calls, clock, quota, notifications } = parts
  const fits =
    output.canRestore(state.output) && notifications.canRestore(state.notifications) && calls.canRestore(state.calls)
  if (!fits) return false
  output.restore(state.output)
  notifications.restore(state.notifications)
  calls.restore(state.calls)
  clock.restore(state.timers)
  quota.restore(state)
  return true
}

/** Returns the stored state of a program; null for none. Reports one that cannot be used. */
export function storedState(runtime: CellRuntime, onIgnored: (reason: string) => void): StoredState | null {
  try {
    return runtime.stored()
  } catch (error) {
    onIgnored(messageOf(error))
    return null
  }
}

/** Whether the program yielded with output that was not delivered, of which `delivered` items were. */
export function hasUndeliveredYield({ output, yieldedAt }: CellState, delivered: number): boolean {
  if (yieldedAt === null) return false
  const items = output.items.slice(Math.max(delivered - output.delivered, 0), Math.max(yieldedAt - output.delivered, 0))
  return items.some((item) => bytesOf(item) > 0)
}
