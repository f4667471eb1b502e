import type { EventScope } from '../bundle/bundle-writer.ts'
import type { ExecutionStatus, ToolKind } from '../format/raw-event.ts'
import { preview, type EventLog } from './event-log.ts'

export type ToolCallStart = {
  /** The model's id of the call. */
  readonly callId: string
  readonly name: string
  readonly namespace?: string | null
  /**
   * Kinds of tools that control agents make edges between threads.
   *
   * @default `other` with the name
   */
  readonly kind?: ToolKind
  readonly input:
    | { readonly type: 'function'; readonly arguments: string }
    | { readonly type: 'custom'; readonly input: string }
}

/** A call with a unique id in the bundle. `label` is the name that readers show, if it is not `name`. */
export type UniqueToolCall = ToolCallStart & { readonly label?: string }

/** Records one tool call of the model. It ends once; further calls do nothing. */
export interface ToolCallRecorder {
  readonly callId: string
  /** Records that the runtime of the call (a process, a server, another agent) started. */
  runtimeStarted(payload: unknown, kind?: ToolKind | null): void
  runtimeEnded(status: Exclude<ExecutionStatus, 'running'>, payload: unknown): void
  /**
   * Records that the call reached another agent: it started the thread, or delivered a message or a task. The edge ends at the
   * later item of that thread whose text is the call's argument `message`.
   */
  reachedAgent(threadId: string, agentPath: string): void
  /** `responseItem` is the item for the model, in the form of OpenAI's Responses API. */
  end(status: Exclude<ExecutionStatus, 'running'>, responseItem: unknown): void
}

export class BundleToolCallRecorder implements ToolCallRecorder {
  readonly callId: string
  readonly #log: EventLog
  readonly #scope: EventScope
  #isOver = false

  constructor(log: EventLog, scope: EventScope, start: UniqueToolCall) {
    const { callId, name, namespace = null, label = name, input } = start
    this.callId = callId
    this.#log = log
    this.#scope = scope
    log.append(scope, {
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
      invocation_payload: log.payload('tool_invocation', {
        tool_name: name,
        tool_namespace: namespace,
        payload: input,
      }),
    })
  }

  runtimeStarted(payload: unknown, kind: ToolKind | null = null): void {
    this.#log.append(this.#scope, {
      type: 'tool_call_runtime_started',
      tool_call_id: this.callId,
      kind,
      runtime_payload: this.#log.payload('tool_runtime_event', payload),
    })
  }

  runtimeEnded(status: Exclude<ExecutionStatus, 'running'>, payload: unknown): void {
    this.#log.append(this.#scope, {
      type: 'tool_call_runtime_ended',
      tool_call_id: this.callId,
      status,
      runtime_payload: this.#log.payload('tool_runtime_event', payload),
    })
  }

  reachedAgent(threadId: string, agentPath: string): void {
    this.runtimeEnded('completed', {
      event_id: this.callId,
      occurred_at_ms: Date.now(),
      agent_thread_id: threadId,
      agent_path: agentPath,
      kind: 'started',
    })
  }

  end(status: Exclude<ExecutionStatus, 'running'>, responseItem: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#log.append(this.#scope, {
      type: 'tool_call_ended',
      tool_call_id: this.callId,
      status,
      result_payload: this.#log.payload('tool_result', { type: 'direct_response', response_item: responseItem }),
    })
  }
}
