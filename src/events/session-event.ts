import type { JournaledCommand, StartCommand } from '../protocol/command.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { CellEvent } from '../protocol/event.ts'
import type { EnginePrint } from '../protocol/engine-print.ts'
import type { Remark } from '../protocol/remark.ts'

/** A location in the source of a cell. `line` and `column` start at 1. */
export type SourceLocation = { readonly line: number; readonly column: number }

/** The response to one observation of a cell. */
export type CellResponse = {
  readonly type: 'yielded' | 'completed' | 'failed' | 'terminated'
  readonly items: readonly ContentItem[]
  /** The error of a failed cell; otherwise null. */
  readonly errorText: string | null
  /** Remarks on the work of a cell that completed or failed. */
  readonly remarks: readonly Remark[]
  /** Duration of the observation, in milliseconds. */
  readonly durationMs: number
  /** Whether a caller or the close of the session terminated the cell; null for a cell that was not terminated. */
  readonly terminatedBy: TerminatedBy | null
}

export type TerminatedBy = 'caller' | 'session'

/** The end of a nested call. `body` is the result as JSON, or the message of the rejection. */
export type NestedCallEnd =
  | { readonly type: 'tool_response'; readonly body: string }
  | { readonly type: 'tool_error'; readonly body: string }
  /** The cell ended before the call. A later result is ignored. */
  | { readonly type: 'cancelled' }

/** The tools of a cell. `id` identifies the set of tools within the session; `json` is `ALL_TOOLS` as JSON. */
type CellCatalogue = { readonly id: number; readonly json: string }

/** The start of a nested call. */
export type NestedCallStart = {
  readonly cellId: string
  /** The number of the call within the cell: `tool-1`, `tool-2`, … */
  readonly callId: string
  /** The name under which the program calls the tool. */
  readonly identifier: string
  /** The name of the tool without its namespace. */
  readonly name: string
  readonly namespace: string | null
  readonly kind: 'function' | 'freeform'
  /** The name of the MCP server of the tool; null for other tools. */
  readonly server: string | null
  /** The input as JSON, or empty when the program passed no input. */
  readonly input: string
  /** Null when the location is unknown or no listener requests it. */
  readonly location: SourceLocation | null
}

/** The source of a decision about a nested call: an approver, a policy, an earlier grant, or an earlier denial. */
export type DecidedBy = 'person' | 'policy' | 'grant' | 'earlier_denial'

/**
 * An event of a session. Listeners receive events in the order in which they happen. `cell_started` is the first event of a cell
 * and `cell_closed` the last. Each `nested_call_started` is followed by exactly one `nested_call_ended`.
 */
export type SessionEvent =
  /** The model called `exec` or `wait`. `input` is the unvalidated input. */
  | {
      readonly type: 'model_call_started'
      readonly callId: string
      readonly tool: 'exec' | 'wait'
      readonly input: unknown
    }
  /** A call of the model ended. `items` is its response. `cellId` is set when the cell keeps running; otherwise null. */
  | {
      readonly type: 'model_call_ended'
      readonly callId: string
      readonly tool: 'exec' | 'wait'
      readonly cellId: string | null
      readonly items: readonly ContentItem[]
      readonly success: boolean
      /** Whether the caller aborted the call. */
      readonly cancelled: boolean
    }
  /** A cell started. */
  | {
      readonly type: 'cell_started'
      readonly cellId: string
      /** The id of the call of `exec` that the model made; null when the caller passed none. */
      readonly callId: string | null
      readonly source: string
      readonly catalogue: CellCatalogue
    }
  /** The program started. The event is emitted again when the program restarts with its types stripped. */
  | {
      readonly type: 'cell_run'
      readonly cellId: string
      readonly start: StartCommand
      readonly storedValues: ReadonlyMap<string, string>
    }
  /** The cell has an isolate on a host, for its start or a replay. `engine` is null for a host that does not report it. */
  | { readonly type: 'cell_hosted'; readonly cellId: string; readonly engine: EnginePrint | null }
  /** The program emitted an event. A replay does not emit its events again. */
  | {
      readonly type: 'cell_emitted'
      readonly cellId: string
      readonly event: Exclude<CellEvent, { readonly type: 'place' }>
      readonly location: SourceLocation | null
    }
  /** The cell received a command. */
  | { readonly type: 'cell_command'; readonly cellId: string; readonly command: JournaledCommand }
  /** The cell read the retained output `output`. `body` is null when it does not exist. */
  | {
      readonly type: 'cell_read_output'
      readonly cellId: string
      readonly output: number
      readonly body: string | null
    }
  /** The idle cell was evicted: it released its isolate. */
  | { readonly type: 'cell_evicted'; readonly cellId: string }
  /** The journal of the cell is replayed, because its host was lost or an evicted cell received a command. */
  | { readonly type: 'cell_revived'; readonly cellId: string; readonly reason: string }
  /** A response of the cell was delivered. */
  | { readonly type: 'cell_responded'; readonly cellId: string; readonly response: CellResponse }
  /** The last response of the cell was delivered. */
  | { readonly type: 'cell_closed'; readonly cellId: string }
  /** A nested call started. */
  | ({ readonly type: 'nested_call_started' } & NestedCallStart)
  /** A nested call needs a decision. */
  | { readonly type: 'approval_asked'; readonly cellId: string; readonly callId: string }
  /** A nested call was approved or denied. */
  | {
      readonly type: 'approval_decided'
      readonly cellId: string
      readonly callId: string
      readonly allowed: boolean
      readonly reason: string | null
      readonly decision: 'allow' | 'allow_in_cell' | 'allow_in_session' | 'deny'
      /** The number of calls that `allow_in_cell` allows, including this one; null for other decisions. */
      readonly calls: number | null
      readonly by: DecidedBy
    }
  /** The result of a nested call arrives later. `note` is the reason that its tool states; times are in milliseconds since 1970. */
  | {
      readonly type: 'nested_call_deferred'
      readonly cellId: string
      readonly callId: string
      readonly note: string | null
      readonly expiresAt: number | null
    }
  /** A nested call ended. */
  | {
      readonly type: 'nested_call_ended'
      readonly cellId: string
      readonly callId: string
      readonly end: NestedCallEnd
    }
  /** A notification was delivered, or its delivery failed or was given up. */
  | {
      readonly type: 'notified'
      readonly cellId: string
      readonly text: string
      readonly result: 'delivered' | 'failed' | 'given_up'
    }
  /** `session.revert` handled a call, usually of a closed cell. `text` is the reason when the call was not reverted. */
  | {
      readonly type: 'call_reverted'
      readonly cellId: string
      readonly callId: string
      readonly identifier: string
      readonly result: 'reverted' | 'already_reverted' | 'failed' | 'not_revertible' | 'unknown'
      readonly text: string | null
    }
  /** The session closed. */
  | { readonly type: 'session_closed' }

/**
 * A listener to the events of a session. A listener that throws does not affect the session. It receives no further events, and
 * the error is emitted as a process warning.
 */
export interface SessionListener {
  /** Called synchronously, in the order of the events. It must return immediately. */
  onEvent(event: SessionEvent): void
  /**
   * Whether events contain their location in the source, which takes a few microseconds per event.
   *
   * @default false
   */
  readonly wantsSourceLocations?: boolean
}
