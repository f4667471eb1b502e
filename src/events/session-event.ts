import type { JournaledCommand, StartCommand } from '../protocol/command.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { CellEvent } from '../protocol/event.ts'
import type { Remark } from '../protocol/remark.ts'

/** A place in the source of a cell; both count from 1. */
export type SourceLocation = { readonly line: number; readonly column: number }

/** What one observation of a cell brought. */
export type CellResponse = {
  readonly type: 'yielded' | 'completed' | 'failed' | 'terminated'
  readonly items: readonly ContentItem[]
  /** Null for a cell that did not fail. */
  readonly errorText: string | null
  /** Remarks on the work of a cell that ended by itself. */
  readonly remarks: readonly Remark[]
  /** How long it was observed, in milliseconds. */
  readonly durationMs: number
}

/** How a nested call ended; `body` is JSON text of the result, or the text of the rejection. */
export type NestedCallEnd =
  | { readonly type: 'tool_response'; readonly body: string }
  | { readonly type: 'tool_error'; readonly body: string }
  /** The cell ended first; the answer, if there will be one, goes nowhere. */
  | { readonly type: 'cancelled' }

/** The tools of a cell: a number of its own for each set of tools, and the JSON text of `ALL_TOOLS`. */
type ActivityCatalogue = { readonly id: number; readonly json: string }

/** A nested call as it begins. `input` is JSON text, empty when the cell passed nothing. */
export type NestedCallStart = {
  readonly cellId: string
  /** `tool-1`, `tool-2`, … within the cell. */
  readonly callId: string
  readonly identifier: string
  readonly name: string
  readonly namespace: string | null
  readonly kind: 'function' | 'freeform'
  /** The name of the MCP server that has the tool, null for any other tool. */
  readonly server: string | null
  readonly input: string
  readonly location: SourceLocation | null
}

/** Who or what decided about a nested call: a person, a rule, an allowance given before, or a denial of the same call. */
export type DecidedBy = 'person' | 'policy' | 'grant' | 'earlier_denial'

/**
 * Something that happens in a session, in the order in which it happens. Of a cell `cell_started` comes first and
 * `cell_closed` last; `nested_call_ended` comes once for each `nested_call_started`.
 */
export type SessionEvent =
  /** The model calls one of its two tools; `input` is what it sent, whatever that is. */
  | {
      readonly type: 'model_call_started'
      readonly callId: string
      readonly tool: 'exec' | 'wait'
      readonly input: unknown
    }
  /** The response that the model reads. `cellId` is set while the cell keeps running. */
  | {
      readonly type: 'model_call_ended'
      readonly callId: string
      readonly tool: 'exec' | 'wait'
      readonly cellId: string | null
      readonly items: readonly ContentItem[]
      readonly success: boolean
    }
  | {
      readonly type: 'cell_started'
      readonly cellId: string
      /** The model's id of the call of `exec`, null when the caller gave none. */
      readonly callId: string | null
      readonly source: string
      readonly catalogue: ActivityCatalogue
    }
  /** The program begins to run: a second time when its types had to be taken away first. */
  | {
      readonly type: 'cell_run'
      readonly cellId: string
      readonly start: StartCommand
      readonly storedValues: ReadonlyMap<string, string>
    }
  /** The cell emitted an event for the first time; what a revival repeats is not told again. */
  | {
      readonly type: 'cell_emitted'
      readonly cellId: string
      readonly event: Exclude<CellEvent, { readonly type: 'place' }>
      readonly location: SourceLocation | null
    }
  | { readonly type: 'cell_command'; readonly cellId: string; readonly command: JournaledCommand }
  /** The cell read the kept output of another one; null: there is none. */
  | {
      readonly type: 'cell_read_output'
      readonly cellId: string
      readonly output: number
      readonly body: string | null
    }
  /** The cell waits, and gave its isolate back. */
  | { readonly type: 'cell_evicted'; readonly cellId: string }
  /** The host died, or an evicted cell has a command to handle: the journal of the cell is replayed on another host. */
  | { readonly type: 'cell_revived'; readonly cellId: string; readonly reason: string }
  /** A response was delivered. */
  | { readonly type: 'cell_responded'; readonly cellId: string; readonly response: CellResponse }
  | { readonly type: 'cell_closed'; readonly cellId: string }
  | ({ readonly type: 'nested_call_started' } & NestedCallStart)
  | { readonly type: 'approval_asked'; readonly cellId: string; readonly callId: string }
  | {
      readonly type: 'approval_decided'
      readonly cellId: string
      readonly callId: string
      readonly allowed: boolean
      readonly reason: string | null
      readonly decision: 'allow' | 'allow_in_cell' | 'allow_in_session' | 'deny'
      /** How many calls of the tool are allowed in the cell, this one counted; null for other decisions. */
      readonly calls: number | null
      readonly by: DecidedBy
    }
  | {
      readonly type: 'nested_call_ended'
      readonly cellId: string
      readonly callId: string
      readonly end: NestedCallEnd
    }
  | {
      readonly type: 'notified'
      readonly cellId: string
      readonly text: string
      readonly result: 'delivered' | 'failed' | 'given_up'
    }
  /** `session.revert` has handled a call, usually of a closed cell. */
  | {
      readonly type: 'call_reverted'
      readonly cellId: string
      readonly callId: string
      readonly identifier: string
      readonly result: 'reverted' | 'already_reverted' | 'failed' | 'not_revertible' | 'unknown'
      readonly text: string | null
    }
  | { readonly type: 'session_closed' }

/**
 * Listens to a session. Called synchronously and in order; it must return at once. An error becomes one warning of
 * the process and changes nothing.
 */
export interface SessionListener {
  onEvent(activity: SessionEvent): void
  /**
   * Whether events have their location in the source, which takes a few microseconds each.
   *
   * @default false
   */
  readonly wantsSourceLocations?: boolean
}
