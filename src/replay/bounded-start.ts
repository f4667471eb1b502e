import type { CellLimits } from '../protocol/cell-limits.ts'
import type { StartCommand } from '../protocol/command.ts'
import { limitRanges, limitsOfHost } from '../session/common/limits.ts'

/** Limits that apply whatever a cell log contains. */
export type ReplayBounds = {
  /** Wall-clock time of one cell, in milliseconds; Infinity: no time limit. */
  readonly cellMs: number
  /** Memory of one cell, in MiB. */
  readonly memoryMb: number
}

/** Returns the start command of a cell log, which is untrusted, with limits in their valid ranges. */
export function boundedStart(start: StartCommand, bounds: ReplayBounds): StartCommand {
  const { limits } = start
  return {
    ...start,
    limits: {
      memoryMb: Math.max(Math.min(limits.memoryMb, bounds.memoryMb), limitRanges.maxMemoryMbPerCell.min),
      // Stepping through a program has no time limit.
      cpuMs: bounds.cellMs === Infinity ? Number.MAX_SAFE_INTEGER : bounded(limits, 'cpuMs'),
      stallMs: bounds.cellMs === Infinity ? Number.MAX_SAFE_INTEGER : bounded(limits, 'stallMs'),
      outputBytes: bounded(limits, 'outputBytes'),
      errorBytes: bounded(limits, 'errorBytes'),
      toolCalls: bounded(limits, 'toolCalls'),
      pendingToolCalls: bounded(limits, 'pendingToolCalls'),
      pendingArgumentBytes: bounded(limits, 'pendingArgumentBytes'),
      argumentBytes: bounded(limits, 'argumentBytes'),
      jsonDepth: bounded(limits, 'jsonDepth'),
      notifications: bounded(limits, 'notifications'),
      notificationBytes: bounded(limits, 'notificationBytes'),
      storedValueBytes: bounded(limits, 'storedValueBytes'),
      storedBytes: bounded(limits, 'storedBytes'),
      storedKeys: bounded(limits, 'storedKeys'),
      timers: bounded(limits, 'timers'),
      events: bounded(limits, 'events'),
    },
  }
}

function bounded(limits: CellLimits, name: keyof CellLimits): number {
  return Math.min(limits[name], limitRanges[limitsOfHost[name]].max)
}
