import type { NestedCallEnd, NestedCallStart } from '../../events/session-event.ts'
import { mcpErrorIn } from '../format/mcp-result.ts'
import { preview, type EventLog } from './event-log.ts'
import { callOfKind, type RecordedInput, type RecordedKind } from './recorded-kind.ts'
import type { TurnScope } from './turn-scope.ts'
import { BundleToolRuntimeRecorder, type ToolRuntimeRecorder } from './tool-runtime-recorder.ts'

/** The kinds of nested tools, by the identifiers under which programs call them. */
export type NestedKinds = Readonly<Record<string, RecordedKind>>

type RecordedCall = { readonly recorder: ToolRuntimeRecorder; readonly isMcp: boolean }

/** Records the nested tool calls of one cell, in the turn of the cell. */
export class NestedCallsRecorder {
  readonly #log: EventLog
  readonly #scope: TurnScope
  readonly #cellId: string
  readonly #kinds: NestedKinds
  /** The calls by their ids in the cell. */
  readonly #calls = new Map<string, RecordedCall>()

  constructor(log: EventLog, scope: TurnScope, cellId: string, kinds: NestedKinds) {
    this.#log = log
    this.#scope = scope
    this.#cellId = cellId
    this.#kinds = kinds
  }

  callOf(callId: string): ToolRuntimeRecorder | null {
    return this.#calls.get(callId)?.recorder ?? null
  }

  start(start: NestedCallStart): void {
    const { name, namespace, callId } = start
    const id = `exec-${crypto.randomUUID()}`
    const json = start.input === '' ? '{}' : start.input
    const input = start.kind === 'freeform' ? customInput(json) : functionInput(json)
    const call = callOfKind(this.#kindOf(start), recordedName(start), input)
    const recorder = new BundleToolRuntimeRecorder(this.#log, this.#scope, id, call.kind)
    this.#calls.set(callId, { recorder, isMcp: start.server !== null })
    this.#log.append(this.#scope, {
      type: 'tool_call_started',
      tool_call_id: id,
      model_visible_call_id: null,
      code_mode_runtime_tool_id: callId,
      requester: { type: 'code_cell', runtime_cell_id: this.#cellId },
      kind: call.kind,
      summary: {
        type: 'generic',
        label: namespace === null ? name : `${namespace}.${name}`,
        input_preview: preview(json),
        output_preview: null,
      },
      invocation_payload: this.#log.payload('tool_invocation', {
        tool_name: call.name,
        tool_namespace: namespace,
        payload: call.input,
      }),
    })
  }

  end(callId: string, end: NestedCallEnd): void {
    const call = this.#calls.get(callId)
    if (call === undefined) return
    this.#log.append(this.#scope, {
      type: 'tool_call_ended',
      tool_call_id: call.recorder.callId,
      status: statusOf(end, call),
      result_payload: this.#log.sink.payload('tool_result', resultOf(end)),
    })
  }

  /**
   * Returns the kind of a tool: the one that the agent gave, `mcp` or `other`. The name of a tool says nothing about its kind:
   * readers parse the arguments of an `exec_command`, and any tool can have this name.
   */
  #kindOf({ server, name, identifier }: NestedCallStart): RecordedKind {
    const given = Object.hasOwn(this.#kinds, identifier) ? this.#kinds[identifier] : undefined
    return given ?? (server === null ? { type: 'other', name: identifier } : { type: 'mcp', server, tool: name })
  }
}

/** Returns the input of a freeform tool; a damaged host can send malformed JSON. */
function customInput(json: string): RecordedInput {
  try {
    const input: unknown = JSON.parse(json)
    return typeof input === 'string' ? { type: 'custom', input } : functionInput(json)
  } catch {
    return functionInput(json)
  }
}

/** Returns the input of a function: its arguments as JSON in a string, as in the model's own calls. */
function functionInput(json: string): RecordedInput {
  return { type: 'function', arguments: json }
}

/**
 * Returns the recorded name of a tool. A nested tool named `wait` gets its identifier: readers treat any call named `wait` as
 * the model's.
 */
function recordedName({ name, identifier }: NestedCallStart): string {
  return name === 'wait' ? identifier : name
}

/** Returns the status of a call. An MCP server reports an error of a tool in a result, which the reference records as failed. */
function statusOf(end: NestedCallEnd, { isMcp }: RecordedCall): 'completed' | 'failed' | 'cancelled' {
  if (end.type === 'tool_response') return isMcp && mcpErrorIn(end.body) !== null ? 'failed' : 'completed'
  return end.type === 'tool_error' ? 'failed' : 'cancelled'
}

/** Returns the payload of a result; results are serialized already and can be long. */
function resultOf(end: NestedCallEnd): string {
  if (end.type === 'tool_response') return `{"type":"code_mode_response","value":${end.body}}`
  const error = end.type === 'tool_error' ? end.body : 'cancelled: the cell ended first'
  return JSON.stringify({ type: 'error', error })
}
