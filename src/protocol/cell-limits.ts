/** The limits that are enforced inside the host, next to the cell. All are whole numbers; see `docs/limits.md`. */
export type CellLimits = {
  /** Heap of the isolate, and the bound that total memory is judged by, in MiB. */
  readonly memoryMb: number
  /** Processor time of the cell in milliseconds; waiting does not count. */
  readonly cpuMs: number
  /** Longest time one command may take without an event, in milliseconds. */
  readonly stallMs: number
  /** The largest item of output; what is over in all, the session counts. */
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
  /** What this cell may still add to the session's stored values, in bytes. */
  readonly storedBytes: number
  readonly storedKeys: number
  readonly timers: number
  readonly events: number
}

/** The limits whose excess fails a cell, by the name used in error texts. */
export type CellLimitName = 'memory' | 'cpu_ms' | 'stall_ms' | 'output_bytes' | 'events'

/** The text of every limit error, in the form of the reference's resource errors (contract section 18). */
export function limitText(resource: string, limit: number, observed: number): string {
  return `resource limit exceeded: code=resource_exhausted resource=${resource} limit=${limit} observed=${observed}`
}
