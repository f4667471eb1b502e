import type { CellLimits } from './cell-limits.ts'

/**
 * An input of a cell. The list of the commands of a cell is its journal: the same source with the same commands emits
 * the same events. `time` is the time at which the session accepted the command, in milliseconds since 1970; the clock
 * of the cell shows it while the command is handled. `body` is the payload of a message.
 */
export type Command =
  /** Runs the source in `body`. Commands `preload` precede it. */
  | {
      readonly type: 'start'
      readonly time: number
      readonly seed: number
      readonly catalogue: number
      readonly limits: CellLimits
      /** Events that come with a `place`, their location in the source. */
      readonly places: LocationScope
      readonly body: string
    }
  /** A stored value, as JSON in `body`, that `load` returns in the cell. */
  | { readonly type: 'preload'; readonly key: string; readonly body: string }
  /** The nested tool call `id` succeeded; `body` is the JSON of its result. */
  | { readonly type: 'tool_response'; readonly time: number; readonly id: number; readonly body: string }
  /** The nested tool call `id` failed; `body` is the string that the promise in the cell rejects with. */
  | { readonly type: 'tool_error'; readonly time: number; readonly id: number; readonly body: string }
  | { readonly type: 'timeout_fired'; readonly time: number; readonly id: number }
  /** Stops the cell wherever it is. The host replies with `stopped`. */
  | { readonly type: 'terminate' }

/** Events with a location: none, tool calls, or all. */
export type LocationScope = 'none' | 'calls' | 'all'

/** The commands that follow `start` and determine what a cell does. The journal holds them. */
export type JournaledCommand = Extract<Command, { readonly type: 'tool_response' | 'tool_error' | 'timeout_fired' }>

export type StartCommand = Extract<Command, { readonly type: 'start' }>
