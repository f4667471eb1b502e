import type {
  CellStatus,
  ExecutionStatus,
  PayloadReference,
  RolloutStatus,
  ToolKind,
  ToolSummary,
} from './raw-event.ts'

/** The time in which something ran, and its status; `null` while it runs. */
export type ExecutionWindow = {
  started_at_unix_ms: number
  started_seq: number
  ended_at_unix_ms: number | null
  ended_seq: number | null
  status: ExecutionStatus
}

export type ThreadOrigin =
  | { type: 'root' }
  /** The recorder omitted the metadata. */
  | { type: 'unknown' }
  | {
      type: 'spawned'
      parent_thread_id: string
      spawn_edge_id: string
      task_name: string
      agent_role: string
    }

export type AgentThread = {
  thread_id: string
  agent_path: string
  nickname: string | null
  origin: ThreadOrigin
  execution: ExecutionWindow
  default_model: string | null
  /** All items of the thread, in the order in which they first appeared. */
  conversation_item_ids: string[]
}

export type CodexTurn = {
  codex_turn_id: string
  thread_id: string
  execution: ExecutionWindow
  input_item_ids: string[]
}

export type ItemPart =
  | { type: 'text'; text: string }
  | { type: 'summary'; text: string }
  | { type: 'encoded'; label: string; value: string }
  | { type: 'json'; summary: string; raw_payload_id: string }
  | { type: 'code'; language: string; source: string }
  | { type: 'payload_ref'; label: string; raw_payload_id: string; content_sha256?: string }

type ItemKind =
  | 'message'
  | 'reasoning'
  | 'function_call'
  | 'function_call_output'
  | 'custom_tool_call'
  | 'custom_tool_call_output'
  | 'compaction_marker'

export type ItemRole = 'system' | 'developer' | 'user' | 'assistant' | 'tool'
export type ItemChannel = 'analysis' | 'commentary' | 'final' | 'summary'

export type Producer =
  | { type: 'inference'; inference_call_id: string }
  | { type: 'tool'; tool_call_id: string }
  | { type: 'code_cell'; code_cell_id: string }
  | { type: 'compaction'; compaction_id: string }

export type ConversationItem = {
  item_id: string
  /** The id that the provider or the agent assigned; absent if there is none. */
  responses_item_id?: string | undefined
  accepted_at_unix_ms?: number | undefined
  accepted_seq?: number | undefined
  thread_id: string
  codex_turn_id: string | null
  first_seen_at_unix_ms: number
  role: ItemRole
  channel: ItemChannel | null
  kind: ItemKind
  agent_message?: { author: string; recipient: string } | undefined
  body: { parts: ItemPart[] }
  call_id: string | null
  produced_by: Producer[]
}

export type TokenUsage = {
  input_tokens: number
  cached_input_tokens: number
  cache_write_input_tokens: number
  output_tokens: number
  reasoning_output_tokens: number
}

export type InferenceCall = {
  inference_call_id: string
  thread_id: string
  codex_turn_id: string
  execution: ExecutionWindow
  model: string
  provider_name: string
  response_id: string | null
  upstream_request_id: string | null
  request_item_ids: string[]
  response_item_ids: string[]
  tool_call_ids_started_by_response: string[]
  usage: TokenUsage | null
  raw_request_payload_id: string
  /** Absent if the event has no prepared prompt. */
  prepared_prompt_payload_id?: string | undefined
  raw_response_payload_id: string | null
}

export type CodeCell = {
  code_cell_id: string
  model_visible_call_id: string
  thread_id: string
  codex_turn_id: string
  source_item_id: string
  output_item_ids: string[]
  runtime_cell_id: string | null
  execution: ExecutionWindow
  runtime_status: CellStatus
  initial_response_at_unix_ms: number | null
  initial_response_seq: number | null
  initial_response_status: CellStatus | null
  raw_initial_response_payload_id: string | null
  raw_result_payload_id: string | null
  yielded_at_unix_ms: number | null
  yielded_seq: number | null
  source_js: string
  nested_tool_call_ids: string[]
  wait_tool_call_ids: string[]
}

export type ToolCall = {
  tool_call_id: string
  mcp_call_id: string | null
  model_visible_call_id: string | null
  code_mode_runtime_tool_id: string | null
  /** The cell that this `wait` waited for, if the recorder resolved it; schema 3. */
  resolved_wait_runtime_cell_id?: string | undefined
  /** The cell that this call of `exec` started; absent for every other call. */
  started_code_cell_id?: string | undefined
  thread_id: string
  started_by_codex_turn_id: string | null
  execution: ExecutionWindow
  requester: { type: 'model' } | { type: 'code_cell'; code_cell_id: string }
  kind: ToolKind
  model_visible_call_item_ids: string[]
  model_visible_output_item_ids: string[]
  terminal_operation_id: string | null
  summary: ToolSummary
  raw_invocation_payload_id: string | null
  raw_result_payload_id: string | null
  raw_runtime_payload_ids: string[]
}

export type TerminalSession = {
  terminal_id: string
  thread_id: string
  created_by_operation_id: string
  operation_ids: string[]
  execution: ExecutionWindow
}

export type TerminalResult = {
  exit_code: number | null
  stdout: string
  stderr: string
  formatted_output: string | null
  original_token_count: number | null
  chunk_id: string | null
}

export type TerminalRequest =
  | {
      type: 'exec_command'
      command: string[]
      display_command: string
      cwd: string
      yield_time_ms: number | null
      max_output_tokens: number | null
    }
  | { type: 'write_stdin'; stdin: string; yield_time_ms: number | null; max_output_tokens: number | null }

export type TerminalOperation = {
  operation_id: string
  terminal_id: string | null
  tool_call_id: string
  kind: 'exec_command' | 'write_stdin'
  execution: ExecutionWindow
  request: TerminalRequest
  result: TerminalResult | null
  model_observations: {
    call_item_ids: string[]
    output_item_ids: string[]
    source: 'direct_tool_call' | 'code_cell_output'
  }[]
  raw_payload_ids: string[]
}

export type Compaction = {
  compaction_id: string
  thread_id: string
  codex_turn_id: string
  installed_at_unix_ms: number
  marker_item_id: string
  request_ids: string[]
  input_item_ids: string[]
  replacement_item_ids: string[]
}

export type CompactionRequest = {
  compaction_request_id: string
  compaction_id: string
  thread_id: string
  codex_turn_id: string
  execution: ExecutionWindow
  model: string
  provider_name: string
  raw_request_payload_id: string
  raw_response_payload_id: string | null
}

export type EdgeAnchor =
  | { type: 'conversation_item'; item_id: string }
  | { type: 'tool_call'; tool_call_id: string }
  | { type: 'thread'; thread_id: string }

export type InteractionEdge = {
  edge_id: string
  kind: 'spawn_agent' | 'assign_agent_task' | 'send_message' | 'agent_result' | 'close_agent'
  source: EdgeAnchor
  target: EdgeAnchor
  started_at_unix_ms: number
  ended_at_unix_ms: number | null
  carried_item_ids: string[]
  carried_raw_payload_ids: string[]
}

/** Whether a recording was completed: its end is recorded, with all payloads or with incomplete ones. */
export type RecordingStatus = 'complete' | 'closed_with_partial_payloads' | 'unclosed'

/**
 * The result of reducing a bundle: one object for each thing that happened, by id, in the order of the ids. Optional members
 * that do not apply are absent or undefined, which is equal in JSON.
 */
export type TraceState = {
  schema_version: number
  trace_id: string
  rollout_id: string
  started_at_unix_ms: number
  ended_at_unix_ms: number | null
  status: RolloutStatus
  /** True if the recording was completed; false for a log that was cut. Schemas 1 and 2. */
  recording_complete?: boolean | undefined
  /** Schema 3. */
  recording_status?: RecordingStatus | undefined
  root_thread_id: string
  threads: Record<string, AgentThread>
  codex_turns: Record<string, CodexTurn>
  conversation_items: Record<string, ConversationItem>
  inference_calls: Record<string, InferenceCall>
  code_cells: Record<string, CodeCell>
  tool_calls: Record<string, ToolCall>
  terminal_sessions: Record<string, TerminalSession>
  terminal_operations: Record<string, TerminalOperation>
  compactions: Record<string, Compaction>
  compaction_requests: Record<string, CompactionRequest>
  interaction_edges: Record<string, InteractionEdge>
  raw_payloads: Record<string, PayloadReference>
}

/** Returns whether the end of the recording is recorded. False for a log that was cut. */
export function isRecordingClosed({ recording_complete, recording_status }: TraceState): boolean {
  return recording_complete ?? (recording_status !== undefined && recording_status !== 'unclosed')
}
