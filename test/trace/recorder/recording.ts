import type { PayloadKind } from '../../../src/trace.ts'
import type { PayloadReference, RawEvent, RawPayload, TraceManifest, TraceState } from '../../../src/trace-format.ts'
import { reduceTrace } from '../../../src/trace.ts'
import { parseRawEvent, payloadFile } from '../../../src/trace-format.ts'

/** The required members of a tool call; the others have defaults. */
type ToolStart = Partial<Extract<RawPayload, { type: 'tool_call_started' }>> & { readonly tool_call_id: string }

/**
 * A log in memory: one thread `T1` with one turn `turn-1`, and the events of a test. Each event takes a millisecond. These
 * helpers write single events; the scenario is in the test.
 */
export class Recording {
  readonly events: RawEvent[] = []
  readonly payloads: Map<string, unknown> = new Map()
  readonly schemaVersion: number
  readonly #kinds = new Map<string, PayloadKind>()

  constructor(schemaVersion = 2) {
    this.schemaVersion = schemaVersion
    this.add({ type: 'rollout_started', trace_id: 'trace', root_thread_id: 'T1' }, null, null)
    this.startThread('T1', 'turn-1')
  }

  get manifest(): TraceManifest {
    return {
      schema_version: this.schemaVersion,
      trace_id: 'trace',
      rollout_id: 'T1',
      root_thread_id: 'T1',
      started_at_unix_ms: 1000,
      raw_event_log: 'trace.jsonl',
      payloads_dir: 'payloads',
    }
  }

  add(payload: RawPayload, threadId: string | null = 'T1', turnId: string | null = 'turn-1'): this {
    const seq = this.events.length + 1
    this.events.push({
      schema_version: this.schemaVersion,
      seq,
      wall_time_unix_ms: 1000 + seq,
      rollout_id: 'T1',
      thread_id: threadId,
      codex_turn_id: turnId,
      payload,
    })
    return this
  }

  payload(type: PayloadKind, value: unknown): PayloadReference {
    const number = this.payloads.size + 1
    this.payloads.set(`payloads/${number}.json`, structuredClone(value))
    this.#kinds.set(`payloads/${number}.json`, type)
    return { raw_payload_id: `raw_payload:${number}`, kind: { type }, path: `payloads/${number}.json` }
  }

  kindOf(path: string): PayloadKind {
    return this.#kinds.get(path) ?? 'protocol_event'
  }

  startThread(threadId: string, turnId: string): this {
    this.add(
      { type: 'thread_started', thread_id: threadId, agent_path: `/${threadId}`, metadata_payload: null },
      null,
      null,
    )
    return this.add({ type: 'codex_turn_started', codex_turn_id: turnId, thread_id: threadId }, threadId, turnId)
  }

  request(id: string, request: unknown, threadId = 'T1', turnId = 'turn-1'): this {
    const reference = this.payload('inference_request', request)
    return this.add(
      {
        type: 'inference_started',
        inference_call_id: id,
        thread_id: threadId,
        codex_turn_id: turnId,
        model: 'model',
        provider_name: 'provider',
        request_payload: reference,
      },
      threadId,
      turnId,
    )
  }

  response(id: string, response: unknown): this {
    return this.add({
      type: 'inference_completed',
      inference_call_id: id,
      response_id: `response-${id}`,
      upstream_request_id: null,
      response_payload: this.payload('inference_response', response),
    })
  }

  /** A request with its response. */
  inference(id: string, input: readonly unknown[], output: readonly unknown[], more: object = {}): this {
    return this.request(id, { input, ...more }).response(id, { output_items: output })
  }

  tool(start: ToolStart, invocation?: unknown): this {
    return this.add({
      type: 'tool_call_started',
      model_visible_call_id: null,
      code_mode_runtime_tool_id: null,
      requester: { type: 'model' },
      kind: { type: 'other', name: 'tool' },
      summary: { type: 'generic', label: 'tool', input_preview: null, output_preview: null },
      invocation_payload: invocation === undefined ? null : this.payload('tool_invocation', invocation),
      ...start,
    })
  }

  toolEnd(id: string, status: 'completed' | 'failed' = 'completed', result?: unknown): this {
    const reference = result === undefined ? null : this.payload('tool_result', result)
    return this.add({ type: 'tool_call_ended', tool_call_id: id, status, result_payload: reference })
  }

  wait(id: string, args: string): this {
    const invocation = { tool_name: 'wait', tool_namespace: null, payload: { type: 'function', arguments: args } }
    const start = { tool_call_id: id, model_visible_call_id: id, kind: { type: 'other', name: 'wait' } } as const
    return this.tool(start, invocation)
  }

  cell(callId: string, runtimeId = '1', threadId = 'T1', turnId = 'turn-1'): this {
    return this.add(
      { type: 'code_cell_started', runtime_cell_id: runtimeId, model_visible_call_id: callId, source_js: 'text(1)' },
      threadId,
      turnId,
    )
  }

  firstResponse(status: 'yielded' | 'completed' | 'failed', runtimeId = '1'): this {
    return this.add({ type: 'code_cell_initial_response', runtime_cell_id: runtimeId, status, response_payload: null })
  }

  cellEnd(status: 'completed' | 'failed' | 'terminated', runtimeId = '1', threadId = 'T1'): this {
    return this.add(
      { type: 'code_cell_ended', runtime_cell_id: runtimeId, status, response_payload: null },
      threadId,
      null,
    )
  }

  /** Reduces the log, or its first `length` events. Events pass through the parser, as from a file. */
  reduce(length: number = this.events.length): TraceState {
    const lines = this.events.slice(0, length).map((event, index) => parseRawEvent(JSON.stringify(event), index + 1))
    return reduceTrace(this.manifest, lines, {
      has: (reference) => this.payloads.has(payloadFile(reference) ?? ''),
      read: (reference) => structuredClone(this.payloads.get(payloadFile(reference) ?? '')),
    })
  }
}

export const user = (text: string): object => ({
  type: 'message',
  role: 'user',
  content: [{ type: 'input_text', text }],
})
export const assistant = (text: string): object => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text }],
})
export const execCall = (callId: string, input = 'text(1)'): object => ({
  type: 'custom_tool_call',
  name: 'exec',
  call_id: callId,
  input,
})
export const execOutput = (callId: string, output: string): object => ({
  type: 'custom_tool_call_output',
  call_id: callId,
  output,
})
