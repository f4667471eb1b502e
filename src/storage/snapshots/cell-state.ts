import { isRecord } from '../../protocol/json.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import { parseContentItems } from '../content-items.ts'
import type { TimerRecord } from '../session-store.ts'

/** A call that waits for its result. */
type PendingCallState = {
  readonly id: number
  readonly tool: string
  readonly input: string
  readonly location: { readonly line: number; readonly column: number } | null
}

export type OutputState = {
  /** The number of output events, of which `delivered` were delivered. The others are `items`. */
  readonly count: number
  readonly delivered: number
  readonly items: readonly ContentItem[]
}

export type CallsState = {
  /** The number of calls. */
  readonly count: number
  readonly pending: readonly PendingCallState[]
}

export type TimerState = TimerRecord & { readonly id: number }

/**
 * Everything that a session knows of a running cell from its events, without the machine of the program. A session that is opened
 * again takes it from a snapshot, as the events before the snapshot are not emitted again.
 */
export type CellState = {
  /** The source without its types, if it runs without them; otherwise null. */
  readonly source: string | null
  /** The number of events that count for the limits. */
  readonly events: number
  readonly output: OutputState
  /** The number of output events before the last yield of the program; null without one. */
  readonly yieldedAt: number | null
  readonly calls: CallsState
  readonly timers: readonly TimerState[]
  /** The number of notifications. All are delivered. */
  readonly notifications: number
  /** The values that the program has stored, as JSON. */
  readonly stored: readonly (readonly [key: string, json: string])[]
}

/** Returns the state of a cell from JSON; null when it is malformed. */
export function parseCellState(value: unknown): CellState | null {
  try {
    return isRecord(value) ? stateOf(value) : null
  } catch {
    return null
  }
}

type Fields = Readonly<Record<string, unknown>>

function stateOf(fields: Fields): CellState {
  const output = recordOf(fields['output'])
  const calls = recordOf(fields['calls'])
  return {
    source: fields['source'] === null ? null : stringOf(fields['source']),
    events: countOf(fields['events']),
    output: {
      count: countOf(output['count']),
      delivered: countOf(output['delivered']),
      items: itemsOf(output['items']),
    },
    yieldedAt: fields['yieldedAt'] === null ? null : countOf(fields['yieldedAt']),
    calls: { count: countOf(calls['count']), pending: listOf(calls['pending']).map(pendingCallOf) },
    timers: listOf(fields['timers']).map(timerOf),
    notifications: countOf(fields['notifications']),
    stored: listOf(fields['stored']).map((entry) => {
      const [key, json] = listOf(entry)
      return [stringOf(key), stringOf(json)] as const
    }),
  }
}

function itemsOf(value: unknown): readonly ContentItem[] {
  const items = parseContentItems(value)
  if (items === null) throw new TypeError('not output')
  return items
}

function pendingCallOf(value: unknown): PendingCallState {
  const { id, tool, input, location } = recordOf(value)
  const at = location === null ? null : recordOf(location)
  return {
    id: countOf(id),
    tool: stringOf(tool),
    input: stringOf(input),
    location: at === null ? null : { line: countOf(at['line']), column: countOf(at['column']) },
  }
}

function timerOf(value: unknown): TimerState {
  const { id, due, delay } = recordOf(value)
  return { id: countOf(id), due: numberOf(due), delay: numberOf(delay) }
}

function recordOf(value: unknown): Fields {
  if (!isRecord(value)) throw new TypeError('not an object')
  return value
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('not an array')
  return value
}

function stringOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a string')
  return value
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError('not a number')
  return value
}

function countOf(value: unknown): number {
  const count = numberOf(value)
  if (!Number.isSafeInteger(count) || count < 0) throw new TypeError('not a count')
  return count
}
