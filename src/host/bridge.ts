import type { CellLimitName } from '../protocol/cell-limits.ts'
import { isImageDetail } from '../protocol/content-item.ts'
import type { CellEvent } from '../protocol/event.ts'
import type { HostRemarks } from '../protocol/remark.ts'

/** Kinds of what the prelude sends out; `prelude.js` has the same numbers. */
export const out = {
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
  place: 19,
} as const

/**
 * What the isolate asks for when it waits: to be let go on, to be thrown away where it stands, a kept output (0: the whole of
 * `ALL_TOOLS`), or the names of its tools.
 */
export const waits = { fence: 14, park: 15, output: 17, names: 18 } as const

/** Kinds of what goes into the prelude; `prelude.js` has the same numbers. */
export const into = {
  catalogue: 1,
  preload: 2,
  configure: 3,
  toolResponse: 4,
  toolError: 5,
  timeoutFired: 6,
  rehearse: 7,
} as const

export type Emitted = { readonly kind: number; readonly id: number; readonly a: string; readonly b: string }

/** What an emission means, when it is an ordinary event; the ends of a cell are `cell.ts`'s to interpret. */
export function eventOf({ kind, id, a, b }: Emitted): CellEvent | null {
  switch (kind) {
    case out.text:
      return { type: 'text', body: b }
    case out.image:
      return { type: 'image', detail: isImageDetail(a) ? a : 'high', body: b }
    case out.audio:
      return { type: 'audio', body: b }
    case out.place:
      return { type: 'place', line: id, column: Number(a) }
    case out.yield:
      return { type: 'yield_requested' }
    case out.toolCall:
      return { type: 'tool_call', id, tool: a, body: b }
    case out.timerSet:
      return { type: 'timer_set', id, delay: Number(a), time: Number(b) }
    case out.timerCleared:
      return { type: 'timer_cleared', id }
    case out.notify:
      return { type: 'notify', body: b }
    case out.stored:
      return { type: 'stored', key: a, body: b }
    default:
      return null
  }
}

/** How often a program used promises as values: the prelude's figures, which are nothing when there are none. */
export function promiseUsesOf(text: string): Omit<HostRemarks, 'rejection'> | null {
  if (text === '') return null
  const [printed = 0, notified = 0, stored = 0, passed = 0, spelled = 0] = text.split(',').map(Number)
  return { printed, notified, stored, passed, spelled }
}

/** The name of a limit that the prelude reports. */
export function limitNameOf(text: string): CellLimitName {
  return text === 'output_bytes' || text === 'events' ? text : 'memory'
}
