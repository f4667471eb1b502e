import type { CellEvent } from '../../protocol/event.ts'
import type { Limits } from '../limits.ts'

/** What of a cell is under way, in numbers. */
export type UnderWay = { readonly calls: number; readonly argumentBytes: number; readonly timers: number }

/**
 * Counts again what the prelude of a cell has counted already. A cell cannot pass these limits, the prelude throws before;
 * so a host that reports more has been damaged, and may not bloat the agent.
 */
export class EventQuota {
  readonly #limits: Limits
  #stored: Map<string, number> | null = null
  #storedLength = 0
  #events = 0
  #calls = 0
  #notifications = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Whether a cell can have emitted this event after all that it emitted before. */
  allows(event: CellEvent, underWay: UnderWay): boolean {
    const limits = this.#limits
    if (!isEnd(event) && ++this.#events > limits.maxEventsPerCell) return false
    switch (event.type) {
      case 'tool_call':
        return (
          ++this.#calls <= limits.maxToolCallsPerCell &&
          underWay.calls < limits.maxPendingToolCallsPerCell &&
          underWay.argumentBytes + event.body.length <= limits.maxPendingInputCharsPerCell
        )
      case 'timer_set':
        return underWay.timers < limits.maxTimersPerCell
      case 'notify':
        return (
          ++this.#notifications <= limits.maxNotificationsPerCell && event.body.length <= limits.maxNotificationChars
        )
      case 'stored':
        return this.#allowsStored(event.key, event.key.length + event.body.length)
      default:
        return true
    }
  }

  #allowsStored(key: string, length: number): boolean {
    const {
      maxStoredValueChars: storedValueBytes,
      maxStoredCharsPerSession: storedBytes,
      maxStoredKeysPerSession: storedKeys,
    } = this.#limits
    const stored = (this.#stored ??= new Map())
    this.#storedLength += length - (stored.get(key) ?? 0)
    stored.set(key, length)
    return length <= storedValueBytes && this.#storedLength <= storedBytes && stored.size <= storedKeys
  }
}

function isEnd({ type }: CellEvent): boolean {
  return type === 'started' || type === 'rejected' || type === 'completed' || type === 'failed'
}
