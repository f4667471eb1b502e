import type { CellLimits } from './cell-limits.ts'

/**
 * What goes into the runtime of one cell. The list of a cell's commands is its journal: the same source with the same
 * commands emits the same events. `time` is the moment, in milliseconds since 1970, at which the session accepted the
 * command; the cell's clock stands at it while the command is handled. `body` is the one payload text of a message.
 */
export type Command =
  /** Runs the source in `body`. Commands `preload` come before it. */
  | {
      readonly type: 'start'
      readonly time: number
      readonly seed: number
      readonly catalogue: number
      readonly limits: CellLimits
      /** Which events come with a `place` that says where in the source they come from. */
      readonly places: LocationScope
      readonly body: string
    }
  /** One stored value, as JSON text in `body`, that the cell's `load` finds. */
  | { readonly type: 'preload'; readonly key: string; readonly body: string }
  /** The nested tool call `id` succeeded; `body` is the JSON text of its result. */
  | { readonly type: 'tool_response'; readonly time: number; readonly id: number; readonly body: string }
  /** The nested tool call `id` failed; `body` is the text that the cell's promise rejects with. */
  | { readonly type: 'tool_error'; readonly time: number; readonly id: number; readonly body: string }
  | { readonly type: 'timeout_fired'; readonly time: number; readonly id: number }
  /** Stops the cell wherever it is. The host answers with `stopped`. */
  | { readonly type: 'terminate' }

/** No events, calls of tools, or all events. */
export type LocationScope = 'none' | 'calls' | 'all'

/** The commands that come after `start` and decide what a cell does: what its journal holds. */
export type JournaledCommand = Extract<Command, { readonly type: 'tool_response' | 'tool_error' | 'timeout_fired' }>

export type StartCommand = Extract<Command, { readonly type: 'start' }>
