import { isCellEnd, type CellEvent } from '../../protocol/event.ts'
import type { CellState } from '../../storage/snapshots/cell-state.ts'
import type { Limits } from '../common/limits.ts'

/** The pending work of a cell, as numbers. */
export type PendingWork = { readonly calls: number; readonly inputChars: number; readonly timers: number }

/**
 * A second check of the limits that the prelude of a cell enforces. The prelude throws before a program exceeds them, so a host that
 * reports more is compromised. The check bounds the memory of the agent.
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

  /** The number of events that count. */
  get events(): number {
    return this.#events
  }

  /** Continues from a snapshot. */
  restore({ events, calls, notifications, stored }: CellState): void {
    this.#events = events
    this.#calls = calls.count
    this.#notifications = notifications
    for (const [key, json] of stored) this.#allowsStored(key, key.length + json.length)
  }

  /** Counts an event. Returns whether the limits allow it. */
  allows(event: CellEvent, pending: PendingWork): boolean {
    const limits = this.#limits
    if (!isBoundary(event) && ++this.#events > limits.maxEventsPerCell) return false
    switch (event.type) {
      case 'tool_call':
        return (
          ++this.#calls <= limits.maxToolCallsPerCell &&
          pending.calls < limits.maxPendingToolCallsPerCell &&
          pending.inputChars + event.body.length <= limits.maxPendingInputCharsPerCell
        )
      case 'timer_set':
        return pending.timers < limits.maxTimersPerCell
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
    const { maxStoredValueChars, maxStoredCharsPerSession, maxStoredKeysPerSession } = this.#limits
    const stored = (this.#stored ??= new Map())
    this.#storedLength += length - (stored.get(key) ?? 0)
    stored.set(key, length)
    const isShort = length <= maxStoredValueChars && this.#storedLength <= maxStoredCharsPerSession
    return isShort && stored.size <= maxStoredKeysPerSession
  }
}

/** Events of every program, which do not count. */
function isBoundary(event: CellEvent): boolean {
  return event.type === 'started' || isCellEnd(event)
}
