import type { Command } from './command.ts'
import type { CellEvent } from './event.ts'

/** Version of the messages between session and host; both ends must name the same one. */
export const protocolVersion = 1

/** A cell as the host knows it: unique within one host process, counted from 1. */
export type HostCell = number

export type HostProfile = 'default' | 'strict'

/** What the session sends to a host. */
export type ToHost =
  /** First message. `spares` isolates with a heap of `memoryMb` are kept ready. */
  | { readonly type: 'hello'; readonly version: number; readonly spares: number; readonly memoryMb: number }
  /**
   * The tools that cells name by `catalogue`: `body` is the JSON text of `ALL_TOOLS`, or of many tools the names alone, each
   * after a line feed.
   */
  | { readonly type: 'catalogue'; readonly catalogue: number; readonly body: string }
  | { readonly type: 'forget_catalogue'; readonly catalogue: number }
  | { readonly type: 'ping'; readonly id: number }
  /**
   * Answer to `output_wanted`: the kept output of the cell `output` of the session, if there is one. 0 stands for the JSON text
   * of `ALL_TOOLS`, which is there always.
   */
  | {
      readonly type: 'kept_output'
      readonly cell: HostCell
      readonly output: number
      readonly found: boolean
      readonly body: string
    }
  | (Command & { readonly cell: HostCell })

/** What a host sends to the session. */
export type FromHost =
  /** Answer to `hello`. */
  | { readonly type: 'ready'; readonly version: number; readonly pid: number }
  | { readonly type: 'pong'; readonly id: number }
  /** `count` commands of the cell, `start` included, have been handled with all the micro-tasks they made ready. */
  | { readonly type: 'handled'; readonly cell: HostCell; readonly count: number }
  /** The isolate of a cell that ended or was terminated is gone. */
  | { readonly type: 'stopped'; readonly cell: HostCell }
  /** The isolate of a cell does not stop: the process has to be killed. */
  | { readonly type: 'stuck'; readonly cell: HostCell; readonly body: string }
  /**
   * Before the end of a cell, when there is something to say. It is no event: how a program was run decides about it too. With
   * `isRejected` the `body` is what a promise rejected with that nothing handled.
   */
  | {
      readonly type: 'remarks'
      readonly cell: HostCell
      readonly printed: number
      readonly notified: number
      readonly stored: number
      readonly passed: number
      readonly spelled: number
      readonly isRejected: boolean
      readonly body: string
    }
  /** The cell stands still until it is given the kept output of the cell `output` of its session. */
  | { readonly type: 'output_wanted'; readonly cell: HostCell; readonly output: number }
  | (CellEvent & { readonly cell: HostCell })
