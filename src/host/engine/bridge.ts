import type { CellLimitName } from '../../protocol/cell-limits.ts'
import type { JournaledCommand } from '../../protocol/command.ts'
import { isImageDetail } from '../../protocol/content-item.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { HostRemarks } from '../../protocol/remark.ts'

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

/** The arguments of a call out of an isolate. `kind` is one of `emissionKinds`. */
export type EmittedCall = { readonly kind: number; readonly id: number; readonly a: string; readonly b: string }

/** An output of a program: an event of its cell, or its end. */
export type Emission = CellEvent | ProgramEnd

export type ProgramEnd = {
  readonly type: 'program_ended'
  readonly result: Extract<CellEvent, { readonly type: 'completed' | 'failed' }>
  /** Whether the program waits to be disposed: after `exit()` and at a limit. Otherwise its micro-tasks still run. */
  readonly isParked: boolean
  readonly promiseUses: PromiseUses | null
}

/** The number of promises that a program used as values, by use. */
export type PromiseUses = Omit<HostRemarks, 'rejection'>

/** Returns the emission of a call; null for an unknown kind. */
export function emissionOf({ kind, id, a, b }: EmittedCall): Emission | null {
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
      return programEndOf(kind, a, b)
  }
}

function programEndOf(kind: number, a: string, b: string): ProgramEnd | null {
  switch (kind) {
    case emissionKinds.done:
    case emissionKinds.exit:
      return {
        type: 'program_ended',
        result: { type: 'completed' },
        isParked: kind === emissionKinds.exit,
        promiseUses: promiseUsesOf(a),
      }
    case emissionKinds.failed:
      return {
        type: 'program_ended',
        result: { type: 'failed', limit: null, body: b },
        isParked: false,
        promiseUses: promiseUsesOf(a),
      }
    case emissionKinds.limit:
      return {
        type: 'program_ended',
        result: { type: 'failed', limit: limitNameOf(a), body: b },
        isParked: true,
        promiseUses: null,
      }
    default:
      return null
  }
}

/** Parses the counts of promises that a program used as values; null when all are zero. */
function promiseUsesOf(text: string): PromiseUses | null {
  if (text === '') return null
  const [printed = 0, notified = 0, stored = 0, passed = 0, spelled = 0] = text.split(',').map(Number)
  return { printed, notified, stored, passed, spelled }
}

/** Returns the limit that the prelude names in an emission. */
function limitNameOf(text: string): CellLimitName {
  return text === 'output_bytes' || text === 'events' ? text : 'memory'
}

/** Returns the number of the kind of a command. */
export function kindOf(command: JournaledCommand): number {
  switch (command.type) {
    case 'tool_response':
      return commandKinds.toolResponse
    case 'tool_error':
      return commandKinds.toolError
    case 'timeout_fired':
      return commandKinds.timeoutFired
    default:
      return command satisfies never
  }
}

/** Returns the string that a command passes in. */
export function bodyOf(command: JournaledCommand): string {
  return command.type === 'timeout_fired' ? '' : command.body
}
