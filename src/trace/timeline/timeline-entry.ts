import type { PayloadReference } from '../format/raw-event.ts'
import type { TokenUsage } from '../format/trace-state.ts'

/**
 * Something that happened, flat: what a line, a bar or a span is made of. The exec that started a cell is no step of its own:
 * the cell has its call id.
 */
export type TraceStep = {
  readonly type:
    | 'thread'
    | 'turn'
    | 'inference'
    | 'compaction'
    | 'cell'
    | 'nested_call'
    | 'wait'
    /** Any other call of the model, an `exec` that started no cell included. */
    | 'tool_call'
    | 'yield'
    | 'notification'
    | 'approval'
    | 'eviction'
    | 'revival'
    /** `session.revert` came to a call. */
    | 'revert'
  /** Unique in the trace. */
  readonly id: string
  /** The id of the step that it belongs to: a cell of a nested call, a turn of a cell. */
  readonly parent: string | null
  readonly thread: string
  readonly turn: string | null
  /** What `wait` calls the cell. */
  readonly cell: string | null
  /** The model's id of the call, or `tool-1`, … of a nested call. */
  readonly call: string | null
  /** Of a tool, a model, or an agent. */
  readonly name: string
  /** The MCP server of a tool, or the provider of a model. */
  readonly server: string | null
  /** Milliseconds since 1970; `end` is null for what never ended. */
  readonly start: number
  readonly end: number | null
  /** The place in the log of its beginning. */
  readonly seq: number
  readonly status: string
  readonly usage: TokenUsage | null
  /** The source of a cell, the text of a notification, the reason of a decision or revival, the id of a response. */
  readonly text: string | null
  readonly inputPayload: PayloadReference | null
  /** Of a cell one for each response that was recorded with the cell. */
  readonly outputPayloads: readonly PayloadReference[]
}

/** A step with nothing but what every step has. */
export function bareStep(
  step: Pick<TraceStep, 'type' | 'id' | 'parent' | 'thread' | 'name' | 'start' | 'end' | 'seq' | 'status'> &
    Partial<TraceStep>,
): TraceStep {
  return {
    turn: null,
    cell: null,
    call: null,
    server: null,
    usage: null,
    text: null,
    inputPayload: null,
    outputPayloads: [],
    ...step,
  }
}
