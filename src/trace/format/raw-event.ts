/** The content of a `manifest.json`. Times are milliseconds since 1970. */
export type TraceManifest = {
  readonly schema_version: number
  readonly trace_id: string
  readonly rollout_id: string
  readonly root_thread_id: string
  readonly started_at_unix_ms: number
  readonly raw_event_log: string
  readonly payloads_dir: string
}

/** Refers to a payload of the same bundle: a file of its own in schemas 1 and 2, a record of a shard in schema 3. */
export type PayloadReference = FilePayloadReference | ShardPayloadReference

type PayloadIdentity = {
  readonly raw_payload_id: string
  readonly kind: { readonly type: string }
}

/** Refers to a file; `path` is relative to the bundle. */
export type FilePayloadReference = PayloadIdentity & { readonly path: string }

/** Refers to a record of a shard. */
export type ShardPayloadReference = PayloadIdentity & {
  /** The number of the shard; null for a payload that was omitted. */
  readonly shard: number | null
  /** Absent for a complete payload. */
  readonly capture?: PayloadCapture | undefined
  /** The payloads that stand between the fragments of this one; absent for a payload of one piece. */
  readonly parts?: readonly ShardPayloadReference[] | undefined
}

/** Describes a payload that exceeded the recorder's limits. Its record is missing, or has only the start of the content. */
export type PayloadCapture =
  | { readonly status: 'truncated'; readonly original_bytes: number; readonly retained_bytes: number }
  | { readonly status: 'omitted'; readonly original_bytes: number }

export const rolloutStatuses = ['running', 'completed', 'failed', 'aborted'] as const
export type RolloutStatus = (typeof rolloutStatuses)[number]

export const executionStatuses = ['running', 'completed', 'failed', 'cancelled', 'aborted'] as const
export type ExecutionStatus = (typeof executionStatuses)[number]

export const cellStatuses = ['starting', 'running', 'yielded', 'completed', 'failed', 'terminated'] as const
export type CellStatus = (typeof cellStatuses)[number]

export type RawRequester = { readonly type: 'model' } | { readonly type: 'code_cell'; readonly runtime_cell_id: string }

export const toolKinds = [
  'exec_command',
  'write_stdin',
  'apply_patch',
  'mcp',
  'web',
  'image_generation',
  'spawn_agent',
  'assign_agent_task',
  'send_message',
  'wait_agent',
  'close_agent',
  'other',
] as const

/** `{type:'other', name}`, `{type:'mcp', server, tool}`, or the name of a kind alone. */
export type ToolKind = {
  readonly type: (typeof toolKinds)[number]
  readonly name?: string | undefined
  readonly server?: string | undefined
  readonly tool?: string | undefined
}

export type ToolSummary =
  | {
      readonly type: 'generic'
      readonly label: string
      readonly input_preview: string | null
      readonly output_preview: string | null
    }
  | { readonly type: 'terminal'; readonly operation_id: string }
  | {
      readonly type: 'agent'
      readonly target_agent_path: string
      readonly task_name: string | null
      readonly message_preview: string
    }
  | { readonly type: 'wait_agent'; readonly target_agent_path: string | null; readonly timeout_ms: number | null }

type InferenceEnd = {
  readonly inference_call_id: string
  readonly upstream_request_id: string | null
}

type CellResponse = {
  readonly runtime_cell_id: string
  readonly status: CellStatus
  readonly response_payload: PayloadReference | null
}

/** The payload of an event, by the tag `type`. Members have the names of the format, so a parsed line is an event. */
export type RawPayload =
  | { readonly type: 'recording_completed' }
  | { readonly type: 'rollout_started'; readonly trace_id: string; readonly root_thread_id: string }
  | { readonly type: 'rollout_ended'; readonly status: RolloutStatus }
  | {
      readonly type: 'thread_started'
      readonly thread_id: string
      readonly agent_path: string
      readonly metadata_payload: PayloadReference | null
    }
  | { readonly type: 'thread_ended'; readonly thread_id: string; readonly status: RolloutStatus }
  | { readonly type: 'thread_resumed'; readonly thread_id: string }
  | { readonly type: 'codex_turn_started'; readonly codex_turn_id: string; readonly thread_id: string }
  | { readonly type: 'codex_turn_ended'; readonly codex_turn_id: string; readonly status: ExecutionStatus }
  | {
      readonly type: 'history_item_accepted'
      readonly item_id: string
      readonly agent_message_payload?: PayloadReference | null
      /** The output of a tool as a conversation item; schema 3. */
      readonly tool_output_payload?: PayloadReference | null
    }
  | {
      readonly type: 'inference_started'
      readonly inference_call_id: string
      readonly thread_id: string
      readonly codex_turn_id: string
      readonly model: string
      readonly provider_name: string
      readonly request_payload: PayloadReference
      /** The items of the conversation that the request was made from; schema 3. */
      readonly prepared_prompt_payload?: PayloadReference | null
      /** The context that was sent before the request; schema 3. */
      readonly warmup_context_payload?: PayloadReference | null
      /** The ids of outputs that the request has without ids, by their positions in its input; schema 3. */
      readonly stripped_tool_output_ids?: readonly (readonly [position: number, itemId: string])[]
    }
  | (InferenceEnd & {
      readonly type: 'inference_completed'
      readonly response_id: string | null
      readonly response_payload: PayloadReference
    })
  | (InferenceEnd & {
      readonly type: 'inference_failed'
      readonly error: string
      readonly partial_response_payload: PayloadReference | null
    })
  | (InferenceEnd & {
      readonly type: 'inference_cancelled'
      readonly reason: string
      readonly partial_response_payload: PayloadReference | null
    })
  | {
      readonly type: 'tool_call_started'
      readonly tool_call_id: string
      readonly model_visible_call_id: string | null
      readonly code_mode_runtime_tool_id: string | null
      readonly requester: RawRequester
      readonly kind: ToolKind
      readonly summary: ToolSummary
      readonly invocation_payload: PayloadReference | null
    }
  | {
      readonly type: 'mcp_tool_call_correlation_assigned'
      readonly tool_call_id: string
      readonly mcp_call_id: string
    }
  | {
      readonly type: 'stdin_target_resolved'
      readonly tool_call_id: string
      readonly exec_tool_call_id: string
    }
  /** The cell that a `wait` waited for, whatever its arguments say; schema 3. */
  | {
      readonly type: 'code_cell_wait_target_resolved'
      readonly tool_call_id: string
      readonly runtime_cell_id: string
    }
  | {
      readonly type: 'tool_call_runtime_started'
      readonly tool_call_id: string
      readonly kind: ToolKind | null
      readonly runtime_payload: PayloadReference
    }
  | {
      readonly type: 'tool_call_runtime_ended'
      readonly tool_call_id: string
      readonly status: ExecutionStatus
      readonly runtime_payload: PayloadReference
    }
  | {
      readonly type: 'tool_call_ended'
      readonly tool_call_id: string
      readonly status: ExecutionStatus
      readonly result_payload: PayloadReference | null
    }
  | {
      readonly type: 'code_cell_started'
      readonly runtime_cell_id: string
      readonly model_visible_call_id: string
      readonly source_js: string
    }
  | (CellResponse & { readonly type: 'code_cell_initial_response' })
  | (CellResponse & { readonly type: 'code_cell_ended' })
  | {
      readonly type: 'compaction_request_started'
      readonly compaction_id: string
      readonly compaction_request_id: string
      readonly thread_id: string
      readonly codex_turn_id: string
      readonly model: string
      readonly provider_name: string
      readonly request_payload: PayloadReference
    }
  | {
      readonly type: 'compaction_request_completed'
      readonly compaction_id: string
      readonly compaction_request_id: string
      readonly response_payload: PayloadReference
    }
  | {
      readonly type: 'compaction_request_failed'
      readonly compaction_id: string
      readonly compaction_request_id: string
      readonly error: string
    }
  | {
      readonly type: 'compaction_installed'
      readonly compaction_id: string
      readonly checkpoint_payload: PayloadReference
    }
  | {
      readonly type: 'agent_result_observed'
      readonly edge_id: string
      readonly child_thread_id: string
      readonly child_codex_turn_id: string
      readonly parent_thread_id: string
      readonly message: string
      readonly carried_payload: PayloadReference | null
    }
  | {
      readonly type: 'protocol_event_observed'
      readonly event_type: string
      readonly event_payload: PayloadReference
    }
  | { readonly type: 'other'; readonly kind: string; readonly summary: string }

/** One line of `trace.jsonl`. */
export type RawEvent = {
  readonly schema_version: number
  readonly seq: number
  readonly wall_time_unix_ms: number
  readonly rollout_id: string
  readonly thread_id: string | null
  readonly codex_turn_id: string | null
  readonly payload: RawPayload
}

/** The payload of one type of event. */
export type RawPayloadOf<Type extends RawPayload['type']> = Extract<RawPayload, { readonly type: Type }>
