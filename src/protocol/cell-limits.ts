/** Limits that the host enforces. All are integers; see `docs/limits.md`. */
export type CellLimits = {
  /** Heap of the isolate, and the limit for its memory in total, in MiB. */
  readonly memoryMb: number
  /** CPU time of the cell in milliseconds, without waits. */
  readonly cpuMs: number
  /** Maximum time of one command without an event, in milliseconds. */
  readonly stallMs: number
  /** Maximum size of one output item; the session limits the total. */
  readonly outputBytes: number
  readonly errorBytes: number
  readonly toolCalls: number
  readonly pendingToolCalls: number
  readonly pendingArgumentBytes: number
  readonly argumentBytes: number
  readonly jsonDepth: number
  readonly notifications: number
  readonly notificationBytes: number
  readonly storedValueBytes: number
  /** Bytes that this cell may add to the stored values of the session. */
  readonly storedBytes: number
  readonly storedKeys: number
  readonly timers: number
  readonly events: number
}

/** Limits that fail a cell, by the name used in error texts. */
export type CellLimitName = 'memory' | 'cpu_ms' | 'stall_ms' | 'output_bytes' | 'events'

/** The limits that end a cell, as outcomes name them: those of its host, and those of its session. */
export type OutcomeLimitName = CellLimitName | 'output_items' | 'waiting_notification_bytes'

const outcomeLimitNames: ReadonlySet<unknown> = new Set<OutcomeLimitName>([
  'memory',
  'cpu_ms',
  'stall_ms',
  'output_bytes',
  'events',
  'output_items',
  'waiting_notification_bytes',
])

export function isOutcomeLimitName(value: unknown): value is OutcomeLimitName {
  return outcomeLimitNames.has(value)
}

/** Returns the text of every limit error, in the form of the resource errors of the reference. */
export function limitText(resource: string, limit: number, observed: number): string {
  return `resource limit exceeded: code=resource_exhausted resource=${resource} limit=${limit} observed=${observed}`
}
