import type { EventScope } from '../bundle/bundle-writer.ts'
import type { ExecutionStatus } from '../format/raw-event.ts'
import { preview, stringOf, type EventLog } from './event-log.ts'
import { jsonOf } from './safe-json.ts'
import { callOfKind, type RecordedInput, type RecordedKind } from './recorded-kind.ts'
import { BundleToolRuntimeRecorder, type ToolRuntimeRecorder } from './tool-runtime-recorder.ts'

export type ToolCallStart = {
  /** The model's id of the call. */
  readonly callId: string
  readonly name: string
  readonly namespace?: string | null
  /**
   * Kinds of tools that control agents make edges between threads, and kinds of terminals make operations.
   *
   * @default `other` with the name
   */
  readonly kind?: RecordedKind
  readonly input: RecordedInput
}

/** A call with a unique id in the bundle. `label` is the name that readers show, if it is not `name`. */
export type UniqueToolCall = ToolCallStart & { readonly label?: string }

/** Records one tool call of the model. It ends once; further calls do nothing. */
export interface ToolCallRecorder extends ToolRuntimeRecorder {
  /** `responseItem` is the item for the model, in the form of OpenAI's Responses API. */
  end(status: Exclude<ExecutionStatus, 'running'>, responseItem: unknown): void
}

export class BundleToolCallRecorder extends BundleToolRuntimeRecorder implements ToolCallRecorder {
  readonly #log: EventLog
  readonly #scope: EventScope
  #isOver = false

  constructor(log: EventLog, scope: EventScope, start: UniqueToolCall) {
    const name = stringOf(start.name)
    const { callId, namespace = null, label = name } = start
    const call = callOfKind(start.kind ?? { type: 'other', name }, name, inputOf(start.input))
    super(log, scope, callId, call.kind)
    this.#log = log
    this.#scope = scope
    log.append(scope, {
      type: 'tool_call_started',
      tool_call_id: this.callId,
      model_visible_call_id: this.callId,
      code_mode_runtime_tool_id: null,
      requester: { type: 'model' },
      kind: call.kind,
      summary: {
        type: 'generic',
        label: namespace === null ? label : `${namespace}.${label}`,
        input_preview: preview(call.input.type === 'custom' ? call.input.input : call.input.arguments),
        output_preview: null,
      },
      invocation_payload: log.payload('tool_invocation', {
        tool_name: call.name,
        tool_namespace: namespace,
        payload: call.input,
      }),
    })
  }

  end(status: Exclude<ExecutionStatus, 'running'>, responseItem: unknown): void {
    this.endWithItem(status, jsonOf(responseItem))
  }

  /** Ends the call with an item in JSON. */
  endWithItem(status: Exclude<ExecutionStatus, 'running'>, item: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#log.append(this.#scope, {
      type: 'tool_call_ended',
      tool_call_id: this.callId,
      status,
      result_payload: this.#log.items.write('tool_result', [
        '{"type":"direct_response","response_item":',
        { item },
        '}',
      ]),
    })
  }
}

/** Returns the input of a call; a caller without types can pass arguments that are not serialized. */
function inputOf(input: RecordedInput): RecordedInput {
  return input.type === 'custom'
    ? { type: 'custom', input: stringOf(input.input) }
    : { type: 'function', arguments: stringOf(input.arguments) }
}
