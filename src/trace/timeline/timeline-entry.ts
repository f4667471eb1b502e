import type { PayloadReference } from '../format/raw-event.ts'
import type { TokenUsage } from '../format/trace-state.ts'

/**
 * One thing that happened in a trace: a line of `trace show`, a bar of the viewer, a span or event of an export. An `exec` that
 * started a cell has no entry of its own: the entry of the cell has its call id and its payloads.
 */
export type TimelineEntry = {
  readonly type:
    | 'thread'
    | 'turn'
    | 'inference'
    | 'compaction'
    | 'cell'
    | 'nested_call'
    | 'wait'
    /** Any other call of the model, including an `exec` that did not start a cell. */
    | 'tool_call'
    | 'yield'
    | 'notification'
    | 'approval'
    /** The result of a nested call arrives later. */
    | 'deferral'
    | 'eviction'
    | 'revival'
    /** `session.revert` reached a call. */
    | 'revert'
  /** Unique in the trace. */
  readonly id: string
  /** The id of the entry that contains this one: the cell of a nested call, the turn of a cell. */
  readonly parent: string | null
  readonly thread: string
  readonly turn: string | null
  /** The cell's id as `wait` has it. */
  readonly cell: string | null
  /** The model's id of the call, or `tool-1`, … of a nested call. */
  readonly call: string | null
  /** The name of the tool, model or agent; for a tool of an MCP server, its name on the server. */
  readonly name: string
  /** The name that pages and terminals show: that of a tool is the one that programs call it by. */
  readonly label: string
  /** The MCP server of a tool, or the provider of a model. */
  readonly server: string | null
  /** Milliseconds since 1970; `end` is null if no end was recorded. */
  readonly start: number
  readonly end: number | null
  /** The sequence number of the event that began it. */
  readonly seq: number
  readonly status: string
  readonly usage: TokenUsage | null
  /** The source of a cell, the text of a notification, the reason of a decision, deferral or revival, the id of a response. */
  readonly text: string | null
  readonly inputPayload: PayloadReference | null
  /** A cell has one for each response that was recorded with it. */
  readonly outputPayloads: readonly PayloadReference[]
  /** Payloads that are neither input nor output: runtime events of a call, and the `exec` call of a cell. */
  readonly otherPayloads: readonly PayloadReference[]
}

/** Completes an entry with the defaults of the fields that few entries have. */
export function timelineEntry(
  entry: Pick<TimelineEntry, 'type' | 'id' | 'parent' | 'thread' | 'name' | 'start' | 'end' | 'seq' | 'status'> &
    Partial<TimelineEntry>,
): TimelineEntry {
  return {
    turn: null,
    cell: null,
    call: null,
    server: null,
    usage: null,
    label: entry.name,
    text: null,
    inputPayload: null,
    outputPayloads: [],
    otherPayloads: [],
    ...entry,
  }
}

/** Returns all payloads of an entry: input, others, outputs. */
export function payloadsOf({
  inputPayload,
  otherPayloads,
  outputPayloads,
}: TimelineEntry): readonly PayloadReference[] {
  return [...(inputPayload === null ? [] : [inputPayload]), ...otherPayloads, ...outputPayloads]
}

/** Returns the id of a cell's entry. */
export function cellEntryId(codeCellId: string): string {
  return `cell:${codeCellId}`
}

/** Returns the id of the entry of a tool call that did not start a cell. */
export function callEntryId(toolCallId: string): string {
  return `call:${toolCallId}`
}
