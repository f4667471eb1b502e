import type { NestedCallEnd, NestedCallStart } from '../../events/session-event.ts'
import type { ToolKind } from '../format/raw-event.ts'
import { mcpErrorIn } from '../format/mcp-result.ts'
import { preview, type EventLog } from './event-log.ts'
import type { ThreadScope } from './thread-scope.ts'

/** Records the nested tool calls of one cell. */
export class NestedCallsRecorder {
  readonly #log: EventLog
  readonly #thread: ThreadScope
  readonly #cellId: string
  /** Ids in the bundle, by the ids in the cell. */
  readonly #ids = new Map<string, { readonly id: string; readonly isMcp: boolean }>()

  constructor(log: EventLog, thread: ThreadScope, cellId: string) {
    this.#log = log
    this.#thread = thread
    this.#cellId = cellId
  }

  idOf(callId: string): string | null {
    return this.#ids.get(callId)?.id ?? null
  }

  start(call: NestedCallStart): void {
    const { name, namespace, kind, input } = call
    const id = `exec-${crypto.randomUUID()}`
    this.#ids.set(call.callId, { id, isMcp: call.server !== null })
    const json = input === '' ? '{}' : input
    const payload = kind === 'freeform' ? customPayload(json) : functionPayload(json)
    const about = JSON.stringify({ tool_name: recordedName(call), tool_namespace: namespace }).slice(0, -1)
    this.#log.append(this.#thread.scope(), {
      type: 'tool_call_started',
      tool_call_id: id,
      model_visible_call_id: null,
      code_mode_runtime_tool_id: call.callId,
      requester: { type: 'code_cell', runtime_cell_id: this.#cellId },
      kind: kindOf(call),
      summary: {
        type: 'generic',
        label: namespace === null ? name : `${namespace}.${name}`,
        input_preview: preview(json),
        output_preview: null,
      },
      invocation_payload: this.#log.sink.payload('tool_invocation', `${about},"payload":${payload}}`),
    })
  }

  end(callId: string, end: NestedCallEnd): void {
    const call = this.#ids.get(callId)
    if (call === undefined) return
    this.#log.append(this.#thread.scope(), {
      type: 'tool_call_ended',
      tool_call_id: call.id,
      status: statusOf(end, call),
      result_payload: this.#log.sink.payload('tool_result', resultOf(end)),
    })
  }
}

/** Returns the payload of a freeform tool; a damaged host can send malformed JSON. */
function customPayload(json: string): string {
  try {
    return JSON.stringify({ type: 'custom', input: JSON.parse(json) })
  } catch {
    return functionPayload(json)
  }
}

/** Returns the payload of a function: its arguments as JSON in a string, as in the model's own calls. */
function functionPayload(json: string): string {
  return `{"type":"function","arguments":${JSON.stringify(json)}}`
}

/**
 * Returns `mcp` or `other`. Other kinds such as `exec_command` are for the agent's own tools: the reducer parses their
 * arguments, and a nested tool can have the same name with other arguments.
 */
function kindOf({ server, name, identifier }: NestedCallStart): ToolKind {
  return server === null ? { type: 'other', name: identifier } : { type: 'mcp', server, tool: name }
}

/**
 * Returns the recorded name of a tool. A nested tool named `wait` gets its identifier: the reference's reducer treats any call
 * named `wait` as the model's.
 */
function recordedName({ name, identifier }: NestedCallStart): string {
  return name === 'wait' ? identifier : name
}

/** Returns the status of a call. An MCP server reports an error of a tool in a result, which the reference records as failed. */
function statusOf(end: NestedCallEnd, { isMcp }: { readonly isMcp: boolean }): 'completed' | 'failed' | 'cancelled' {
  if (end.type === 'tool_response') return isMcp && mcpErrorIn(end.body) !== null ? 'failed' : 'completed'
  return end.type === 'tool_error' ? 'failed' : 'cancelled'
}

/** Returns the payload of a result; results are serialized already and can be long. */
function resultOf(end: NestedCallEnd): string {
  if (end.type === 'tool_response') return `{"type":"code_mode_response","value":${end.body}}`
  const error = end.type === 'tool_error' ? end.body : 'cancelled: the cell ended first'
  return JSON.stringify({ type: 'error', error })
}
