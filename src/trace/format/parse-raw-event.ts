import { CodecellError } from '../../errors.ts'
import { FieldReader } from './field-reader.ts'
import {
  cellStatuses,
  executionStatuses,
  rolloutStatuses,
  toolKinds,
  type RawEvent,
  type RawPayload,
  type RawRequester,
  type ToolKind,
  type ToolSummary,
  type TraceManifest,
} from './raw-event.ts'

/**
 * Parses a `manifest.json`. The reducer checks the version.
 *
 * @throws {CodecellError} `TRACE_INVALID`
 */
export function parseTraceManifest(value: unknown): TraceManifest {
  const read = new FieldReader(value, 'the manifest')
  return {
    schema_version: read.integer('schema_version'),
    trace_id: read.string('trace_id'),
    rollout_id: read.string('rollout_id'),
    root_thread_id: read.string('root_thread_id'),
    started_at_unix_ms: read.integer('started_at_unix_ms'),
    raw_event_log: read.string('raw_event_log'),
    payloads_dir: read.string('payloads_dir'),
  }
}

/**
 * Parses one line of `trace.jsonl`; `line` counts from 1. Unknown fields are dropped. An unknown event type is an error,
 * because a state without the event would look complete.
 *
 * @throws {CodecellError} `TRACE_INVALID`, with the reason as `cause`
 */
export function parseRawEvent(text: string, line: number): RawEvent {
  try {
    const fields: unknown = JSON.parse(text)
    const schema = new FieldReader(fields, 'the event').integer('schema_version')
    const read = new FieldReader(fields, 'the event', schema)
    return {
      schema_version: schema,
      seq: read.integer('seq'),
      wall_time_unix_ms: read.integer('wall_time_unix_ms'),
      rollout_id: read.string('rollout_id'),
      thread_id: read.optionalString('thread_id'),
      codex_turn_id: read.optionalString('codex_turn_id'),
      payload: parsePayload(read.object('payload')),
    }
  } catch (cause) {
    throw new CodecellError('TRACE_INVALID', `parse trace event line ${line}`, { cause })
  }
}

function parsePayload(read: FieldReader): RawPayload {
  const type = read.string('type')
  const parsed =
    parseLifecycle(type, read) ?? parseInference(type, read) ?? parseTool(type, read) ?? parseRest(type, read)
  if (parsed === undefined)
    throw new CodecellError('TRACE_INVALID', `unknown event type ${JSON.stringify(type.slice(0, 80))}`)
  return parsed
}

function parseLifecycle(type: string, read: FieldReader): RawPayload | undefined {
  switch (type) {
    case 'recording_completed':
      return { type }
    case 'rollout_started':
      return { type, trace_id: read.string('trace_id'), root_thread_id: read.string('root_thread_id') }
    case 'rollout_ended':
      return { type, status: read.oneOf('status', rolloutStatuses) }
    case 'thread_started':
      return {
        type,
        thread_id: read.string('thread_id'),
        agent_path: read.string('agent_path'),
        metadata_payload: read.optionalPayload('metadata_payload'),
      }
    case 'thread_ended':
      return { type, thread_id: read.string('thread_id'), status: read.oneOf('status', rolloutStatuses) }
    case 'thread_resumed':
      return { type, thread_id: read.string('thread_id') }
    case 'codex_turn_started':
      return { type, codex_turn_id: read.string('codex_turn_id'), thread_id: read.string('thread_id') }
    case 'codex_turn_ended':
      return { type, codex_turn_id: read.string('codex_turn_id'), status: read.oneOf('status', executionStatuses) }
    case 'history_item_accepted':
      return {
        type,
        item_id: read.string('item_id'),
        agent_message_payload: read.optionalPayload('agent_message_payload'),
        tool_output_payload: read.optionalPayload('tool_output_payload'),
      }
    default:
      return undefined
  }
}

function parseInference(type: string, read: FieldReader): RawPayload | undefined {
  switch (type) {
    case 'inference_started':
      return {
        type,
        inference_call_id: read.string('inference_call_id'),
        thread_id: read.string('thread_id'),
        codex_turn_id: read.string('codex_turn_id'),
        model: read.string('model'),
        provider_name: read.string('provider_name'),
        request_payload: read.payload('request_payload'),
        prepared_prompt_payload: read.schema < 3 ? null : read.payload('prepared_prompt_payload'),
        warmup_context_payload: read.optionalPayload('warmup_context_payload'),
        stripped_tool_output_ids: read.optionalList('stripped_tool_output_ids').map((pair) => parseStrippedId(pair)),
      }
    case 'inference_completed':
      return {
        type,
        inference_call_id: read.string('inference_call_id'),
        response_id: read.optionalString('response_id'),
        upstream_request_id: read.optionalString('upstream_request_id'),
        response_payload: read.payload('response_payload'),
      }
    case 'inference_failed':
      return { type, error: read.string('error'), ...parsePartial(read) }
    case 'inference_cancelled':
      return { type, reason: read.string('reason'), ...parsePartial(read) }
    default:
      return undefined
  }
}

function parseStrippedId(value: unknown): readonly [position: number, itemId: string] {
  const [position, itemId]: unknown[] = Array.isArray(value) ? value : []
  if (typeof position !== 'number' || !Number.isSafeInteger(position) || typeof itemId !== 'string') {
    throw new CodecellError('TRACE_INVALID', 'field "stripped_tool_output_ids" of the event has a malformed pair')
  }
  return [position, itemId]
}

function parsePartial(read: FieldReader): Omit<Extract<RawPayload, { type: 'inference_failed' }>, 'type' | 'error'> {
  return {
    inference_call_id: read.string('inference_call_id'),
    upstream_request_id: read.optionalString('upstream_request_id'),
    partial_response_payload: read.optionalPayload('partial_response_payload'),
  }
}

function parseTool(type: string, read: FieldReader): RawPayload | undefined {
  switch (type) {
    case 'tool_call_started':
      return {
        type,
        tool_call_id: read.string('tool_call_id'),
        model_visible_call_id: read.optionalString('model_visible_call_id'),
        code_mode_runtime_tool_id: read.optionalString('code_mode_runtime_tool_id'),
        requester: parseRequester(read.object('requester')),
        kind: parseToolKind(read.object('kind')),
        summary: parseSummary(read.object('summary')),
        invocation_payload: read.optionalPayload('invocation_payload'),
      }
    case 'mcp_tool_call_correlation_assigned':
      return { type, tool_call_id: read.string('tool_call_id'), mcp_call_id: read.string('mcp_call_id') }
    case 'stdin_target_resolved':
      return { type, tool_call_id: read.string('tool_call_id'), exec_tool_call_id: read.string('exec_tool_call_id') }
    case 'code_cell_wait_target_resolved':
      return { type, tool_call_id: read.string('tool_call_id'), runtime_cell_id: read.string('runtime_cell_id') }
    case 'tool_call_runtime_started':
      return {
        type,
        tool_call_id: read.string('tool_call_id'),
        // Schema 1 has no kind here: the call has it.
        kind: (read.value('kind') ?? null) === null && read.schema < 3 ? null : parseToolKind(read.object('kind')),
        runtime_payload: read.payload('runtime_payload'),
      }
    case 'tool_call_runtime_ended':
      return {
        type,
        tool_call_id: read.string('tool_call_id'),
        status: read.oneOf('status', executionStatuses),
        runtime_payload: read.payload('runtime_payload'),
      }
    case 'tool_call_ended':
      return {
        type,
        tool_call_id: read.string('tool_call_id'),
        status: read.oneOf('status', executionStatuses),
        result_payload: read.optionalPayload('result_payload'),
      }
    default:
      return undefined
  }
}

function parseRequester(read: FieldReader): RawRequester {
  const type = read.oneOf('type', ['model', 'code_cell'])
  return type === 'model' ? { type } : { type, runtime_cell_id: read.string('runtime_cell_id') }
}

function parseToolKind(read: FieldReader): ToolKind {
  const type = read.oneOf('type', toolKinds)
  if (type === 'other') return { type, name: read.string('name') }
  if (type === 'mcp') return { type, server: read.string('server'), tool: read.string('tool') }
  return { type }
}

function parseSummary(read: FieldReader): ToolSummary {
  const type = read.oneOf('type', ['generic', 'terminal', 'agent', 'wait_agent'])
  switch (type) {
    case 'terminal':
      return { type, operation_id: read.string('operation_id') }
    case 'agent':
      return {
        type,
        target_agent_path: read.string('target_agent_path'),
        task_name: read.optionalString('task_name'),
        message_preview: read.string('message_preview'),
      }
    case 'wait_agent':
      return {
        type,
        target_agent_path: read.optionalString('target_agent_path'),
        timeout_ms: read.optionalInteger('timeout_ms'),
      }
    case 'generic':
      return {
        type,
        label: read.string('label'),
        input_preview: read.optionalString('input_preview'),
        output_preview: read.optionalString('output_preview'),
      }
    default:
      return type satisfies never
  }
}

function parseRest(type: string, read: FieldReader): RawPayload | undefined {
  switch (type) {
    case 'code_cell_started':
      return {
        type,
        runtime_cell_id: read.string('runtime_cell_id'),
        model_visible_call_id: read.string('model_visible_call_id'),
        source_js: read.string('source_js'),
      }
    case 'code_cell_initial_response':
    case 'code_cell_ended':
      return {
        type,
        runtime_cell_id: read.string('runtime_cell_id'),
        status: read.oneOf('status', cellStatuses),
        response_payload: read.optionalPayload('response_payload'),
      }
    case 'compaction_installed':
      return {
        type,
        compaction_id: read.string('compaction_id'),
        checkpoint_payload: read.payload('checkpoint_payload'),
      }
    case 'agent_result_observed':
      return {
        type,
        edge_id: read.string('edge_id'),
        child_thread_id: read.string('child_thread_id'),
        child_codex_turn_id: read.string('child_codex_turn_id'),
        parent_thread_id: read.string('parent_thread_id'),
        message: read.string('message'),
        carried_payload: read.optionalPayload('carried_payload'),
      }
    case 'protocol_event_observed':
      return { type, event_type: read.string('event_type'), event_payload: read.payload('event_payload') }
    case 'other':
      return { type, kind: read.string('kind'), summary: read.string('summary') }
    default:
      return parseCompactionRequest(type, read)
  }
}

function parseCompactionRequest(type: string, read: FieldReader): RawPayload | undefined {
  switch (type) {
    case 'compaction_request_started':
      return {
        type,
        compaction_id: read.string('compaction_id'),
        compaction_request_id: read.string('compaction_request_id'),
        thread_id: read.string('thread_id'),
        codex_turn_id: read.string('codex_turn_id'),
        model: read.string('model'),
        provider_name: read.string('provider_name'),
        request_payload: read.payload('request_payload'),
      }
    case 'compaction_request_completed':
      return {
        type,
        compaction_id: read.string('compaction_id'),
        compaction_request_id: read.string('compaction_request_id'),
        response_payload: read.payload('response_payload'),
      }
    case 'compaction_request_failed':
      return {
        type,
        compaction_id: read.string('compaction_id'),
        compaction_request_id: read.string('compaction_request_id'),
        error: read.string('error'),
      }
    default:
      return undefined
  }
}
