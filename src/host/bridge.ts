import type { CellLimitName } from '../protocol/cell-limits.ts'
import { isImageDetail } from '../protocol/content-item.ts'
import type { CellEvent } from '../protocol/event.ts'
import type { HostRemarks } from '../protocol/remark.ts'

/** Kinds of events that the prelude sends. Those below `done` count towards the limit of events. */
export const emissionKinds = {
  text: 1,
  image: 2,
  audio: 3,
  yield: 4,
  toolCall: 5,
  timerSet: 6,
  timerCleared: 7,
  notify: 8,
  stored: 9,
  done: 10,
  failed: 11,
  exit: 12,
  limit: 13,
  /** Something was written to the ring. */
  bell: 16,
} as const

/**
 * Kinds of requests for which the isolate waits: to continue, to be disposed, for the retained output of a cell (of
 * cell 0: the JSON of `ALL_TOOLS`), or for the names of its tools.
 */
export const waitKinds = { fence: 14, park: 15, retainedOutput: 17, toolNames: 18 } as const

/** Kinds of commands that go into the prelude. */
export const commandKinds = {
  catalogue: 1,
  preload: 2,
  configure: 3,
  toolResponse: 4,
  toolError: 5,
  timeoutFired: 6,
  warmUp: 7,
} as const

/** Numbers that stand for the events whose source location the session wants. */
export const locationScopes = { none: 0, calls: 1, all: 2 } as const

/** The layout of the memory of `text-ring.ts`: indexes of the 32-bit cells, and units that are not a length. */
export const ringLayout = {
  headerBytes: 16,
  written: 0,
  read: 1,
  bell: 2,
  markUnit: 0xffff,
  /** A mark that was taken back. */
  skipUnit: 0xfffe,
  /** The location of the next event: line and column follow, in two units each, the low one first. */
  locationUnit: 0xfffd,
  /** The longest string that leaves through the ring, in UTF-16 units. */
  maxText: 128,
} as const

export type Emitted = { readonly kind: number; readonly id: number; readonly a: string; readonly b: string }

/** Returns the event of an emission; null for the end of a cell, which `cell.ts` interprets. */
export function eventOf({ kind, id, a, b }: Emitted): CellEvent | null {
  switch (kind) {
    case emissionKinds.text:
      return { type: 'text', body: b }
    case emissionKinds.image:
      return { type: 'image', detail: isImageDetail(a) ? a : 'high', body: b }
    case emissionKinds.audio:
      return { type: 'audio', body: b }
    case emissionKinds.yield:
      return { type: 'yield_requested' }
    case emissionKinds.toolCall:
      return { type: 'tool_call', id, tool: a, body: b }
    case emissionKinds.timerSet:
      return { type: 'timer_set', id, delay: Number(a), time: Number(b) }
    case emissionKinds.timerCleared:
      return { type: 'timer_cleared', id }
    case emissionKinds.notify:
      return { type: 'notify', body: b }
    case emissionKinds.stored:
      return { type: 'stored', key: a, body: b }
    default:
      return null
  }
}

/** Parses the counts of promises that a program used as values; null when all are zero. */
export function promiseUsesOf(text: string): Omit<HostRemarks, 'rejection'> | null {
  if (text === '') return null
  const [printed = 0, notified = 0, stored = 0, passed = 0, spelled = 0] = text.split(',').map(Number)
  return { printed, notified, stored, passed, spelled }
}

/** Returns the limit that the prelude names in an emission. */
export function limitNameOf(text: string): CellLimitName {
  return text === 'output_bytes' || text === 'events' ? text : 'memory'
}
