import type { EventScope } from '../bundle/bundle-writer.ts'
import type { ExecutionStatus, ToolKind } from '../format/raw-event.ts'
import { preview, type Recording } from './event-log.ts'

export type ToolCallStart = {
  /** The model's id of the call. */
  readonly callId: string
  readonly name: string
  readonly namespace?: string | null
  /** Default: `other` with the name. Kinds of agent tools make edges between threads. */
  readonly kind?: ToolKind
  readonly input:
    | { readonly type: 'function'; readonly arguments: string }
    | { readonly type: 'custom'; readonly input: string }
}

/** A call whose id no other call of the bundle has; `label` is what readers call it, when that is not its name. */
export type UniqueToolCall = ToolCallStart & { readonly label?: string }

/** Records the call of a tool by the model itself. It ends once; further calls change nothing. */
export class ToolCallRecorder {
  readonly callId: string
  readonly #recording: Recording
  readonly #scope: EventScope
  #isOver = false

  constructor(recording: Recording, scope: EventScope, start: UniqueToolCall) {
    const { callId, name, namespace = null, label = name, input } = start
    this.callId = callId
    this.#recording = recording
    this.#scope = scope
    recording.append(scope, {
      type: 'tool_call_started',
      tool_call_id: this.callId,
      model_visible_call_id: this.callId,
      code_mode_runtime_tool_id: null,
      requester: { type: 'model' },
      kind: start.kind ?? { type: 'other', name },
      summary: {
        type: 'generic',
        label: namespace === null ? label : `${namespace}.${label}`,
        input_preview: preview(input.type === 'custom' ? input.input : input.arguments),
        output_preview: null,
      },
      invocation_payload: recording.payload('tool_invocation', {
        tool_name: name,
        tool_namespace: namespace,
        payload: input,
      }),
    })
  }

  /** What carries the call out begins its work: a process, a server, another agent. */
  runtimeStarted(payload: unknown, kind: ToolKind | null = null): void {
    this.#recording.append(this.#scope, {
      type: 'tool_call_runtime_started',
      tool_call_id: this.callId,
      kind,
      runtime_payload: this.#recording.payload('tool_runtime_event', payload),
    })
  }

  runtimeEnded(status: Exclude<ExecutionStatus, 'running'>, payload: unknown): void {
    this.#recording.append(this.#scope, {
      type: 'tool_call_runtime_ended',
      tool_call_id: this.callId,
      status,
      runtime_payload: this.#recording.payload('tool_runtime_event', payload),
    })
  }

  /**
   * The call reached another agent: it started the thread, or left a message or a task there. What reaches the conversation
   * of that thread later, with the call's argument `message` as its text, is where the edge ends.
   */
  reachedAgent(threadId: string, agentPath: string): void {
    this.runtimeEnded('completed', {
      event_id: this.callId,
      occurred_at_ms: Date.now(),
      agent_thread_id: threadId,
      agent_path: agentPath,
      kind: 'started',
    })
  }

  /** `responseItem` is the item that the model is sent, in the form of OpenAI's Responses API. */
  end(status: Exclude<ExecutionStatus, 'running'>, responseItem: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#recording.append(this.#scope, {
      type: 'tool_call_ended',
      tool_call_id: this.callId,
      status,
      result_payload: this.#recording.payload('tool_result', { type: 'direct_response', response_item: responseItem }),
    })
  }
}
