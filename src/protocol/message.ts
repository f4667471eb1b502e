import type { Command } from './command.ts'
import type { EnginePrint } from './engine-print.ts'
import type { CellEvent } from './event.ts'

/**
 * Version of the messages between session and host, and of the link messages. Version 2: a node can ask a supervisor for an engine,
 * and hosts take snapshots of cells.
 * The change of a message that the version before does not understand is a new version.
 */
export const protocolVersion = 2

/** The oldest version that is supported: the one before. */
export const oldestProtocolVersion = 1

/** The first version with the message `displaced`. */
export const displacedVersion = 2
/** The first version with the messages `evict` and `restore`. */
export const snapshotProtocolVersion = 2

/** Maximum size of a snapshot in bytes. Hosts send no larger ones, and the journals of their cells are replayed. */
export const maxSnapshotBytes: number = 16 * 1024 * 1024

/** The number of a cell within one host process, counted from 1. */
export type HostCell = number

export type HostProfile = 'default' | 'strict'

/** A message from the session to a host. */
export type ToHost =
  /** The first message. `spares` isolates with a heap of `memoryMb` are kept warm. */
  | { readonly type: 'hello'; readonly version: number; readonly spares: number; readonly memoryMb: number }
  /**
   * The tools of the cells that name `catalogue`. `body` is the JSON of `ALL_TOOLS`, or, for many tools, only the
   * names, each after a line feed.
   */
  | { readonly type: 'catalogue'; readonly catalogue: number; readonly body: string }
  | { readonly type: 'forget_catalogue'; readonly catalogue: number }
  | { readonly type: 'ping'; readonly id: number }
  /**
   * The reply to `output_wanted`: the retained output of the cell `output` of the session, if there is one. 0 stands
   * for the JSON of `ALL_TOOLS`, which always exists.
   */
  | {
      readonly type: 'kept_output'
      readonly cell: HostCell
      readonly output: number
      readonly found: boolean
      readonly body: string
    }
  /**
   * Disposes the isolate of a cell that waits. If its engine takes snapshots, and the cell has used `minCpuMs` milliseconds of CPU time
   * since its start or its restore, `snapshot` precedes `stopped`.
   */
  | { readonly type: 'evict'; readonly cell: HostCell; readonly minCpuMs: number }
  /** A snapshot in base64. The next `start` of the cell restores it and runs nothing. */
  | { readonly type: 'restore'; readonly cell: HostCell; readonly body: string }
  | (Command & { readonly cell: HostCell })

/** A message from a host to the session. */
export type FromHost =
  /** The reply to `hello`. `engine` is null for a host that does not report its engine. */
  | { readonly type: 'ready'; readonly version: number; readonly pid: number; readonly engine: EnginePrint | null }
  | { readonly type: 'pong'; readonly id: number }
  /** `count` commands of the cell, `start` included, have been handled with all their micro-tasks. */
  | { readonly type: 'handled'; readonly cell: HostCell; readonly count: number }
  /** The isolate of a cell that ended or was terminated is disposed. */
  | { readonly type: 'stopped'; readonly cell: HostCell }
  /** The isolate of a cell does not stop: the process must be killed. */
  | { readonly type: 'stuck'; readonly cell: HostCell; readonly body: string }
  /** The isolate of a cell is gone without a fault of the cell, which resumes in another isolate. No event of the cell follows. */
  | { readonly type: 'displaced'; readonly cell: HostCell; readonly body: string }
  /**
   * Sent before the end of a cell that has remarks. It is not an event, because it depends on how the program was run.
   * With `isRejected`, `body` describes the unhandled rejection.
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
  /** The cell waits for the retained output of the cell `output` of its session. */
  | { readonly type: 'output_wanted'; readonly cell: HostCell; readonly output: number }
  /** The state of an evicted cell after `commands` commands, `start` included, in base64. */
  | { readonly type: 'snapshot'; readonly cell: HostCell; readonly commands: number; readonly body: string }
  /** The snapshot of a cell cannot be used, and nothing ran. `body` is the reason. */
  | { readonly type: 'not_restored'; readonly cell: HostCell; readonly body: string }
  | (CellEvent & { readonly cell: HostCell })
