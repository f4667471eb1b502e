import type { RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { functionArguments, memberOf } from '../format/json-access.ts'
import { linkItemToCell } from './code-cells.ts'
import { endTerminal, startExecCommand, startWriteStdin, writeStdinResult, observeTerminal } from './terminals.ts'
import { noteAgentTool } from './interaction-edges.ts'
import { addOnce, endWith, invalid, pairKey, startedBy, type ReducerState } from './reducer-state.ts'
import type { ConversationItem, ToolCall } from '../format/trace-state.ts'

/** Starts a tool call of the model or of a cell. */
export function startToolCall(
  reducer: ReducerState,
  event: RawEvent,
  started: RawPayloadOf<'tool_call_started'>,
): void {
  const id = started.tool_call_id
  if (reducer.toolCalls.has(id)) throw invalid(`duplicate tool call start for ${id}`)
  const turnId = event.codex_turn_id
  if (turnId !== null && !reducer.turns.has(turnId)) {
    throw invalid(`tool call start referenced unknown Codex turn ${turnId}`)
  }
  const threadId = reducer.threadIdOf(event)
  if (threadId === undefined) throw invalid('tool call start did not include thread or Codex turn context')
  if (!reducer.threads.has(threadId)) throw invalid(`tool call start referenced unknown thread ${threadId}`)
  const visibleId = started.model_visible_call_id
  if (visibleId !== null && reducer.toolCallsByVisibleId.has(visibleId)) {
    throw invalid(`duplicate tool call for model-visible call id ${visibleId}`)
  }
  const call: ToolCall = {
    tool_call_id: id,
    mcp_call_id: null,
    model_visible_call_id: visibleId,
    code_mode_runtime_tool_id: started.code_mode_runtime_tool_id,
    started_code_cell_id: undefined,
    thread_id: threadId,
    started_by_codex_turn_id: event.codex_turn_id,
    execution: startedBy(event),
    requester: requesterOf(reducer, id, threadId, started),
    kind: started.kind,
    model_visible_call_item_ids: [],
    model_visible_output_item_ids: [],
    terminal_operation_id: null,
    summary: started.summary,
    raw_invocation_payload_id: reducer.registerOptional(started.invocation_payload),
    raw_result_payload_id: null,
    raw_runtime_payload_ids: [],
  }
  reducer.toolCalls.set(id, call)
  if (visibleId !== null) {
    reducer.toolCallsByVisibleId.set(visibleId, call)
    linkKnownItems(reducer, call, visibleId)
  }
  const isWait = started.kind.type === 'other' && started.kind.name === 'wait'
  // In schema 3, a later event names the cell.
  if (isWait && reducer.manifest.schema_version < 3) noteWait(reducer, call, started)
  if (started.kind.type === 'write_stdin') startWriteStdin(reducer, event, call, started.invocation_payload)
}

function requesterOf(
  reducer: ReducerState,
  toolCallId: string,
  threadId: string,
  { requester }: RawPayloadOf<'tool_call_started'>,
): ToolCall['requester'] {
  if (requester.type === 'model') return { type: 'model' }
  const record = reducer.cellsByRuntimeId.get(pairKey(threadId, requester.runtime_cell_id))
  if (record === undefined) {
    throw invalid(
      `code-mode nested tool referenced unknown runtime cell ${requester.runtime_cell_id} in thread ${threadId}`,
    )
  }
  const calls = record.isVisible ? record.cell.nested_tool_call_ids : record.hiddenCalls
  calls.push(toolCallId)
  return { type: 'code_cell', code_cell_id: record.cell.code_cell_id }
}

function linkKnownItems(reducer: ReducerState, call: ToolCall, visibleId: string): void {
  const index = reducer.thread(call.thread_id)
  const known = [...(index.callItems.get(visibleId) ?? []), ...(index.outputItems.get(visibleId) ?? [])]
  for (const itemId of known) {
    const item = reducer.items.get(itemId)
    if (item !== undefined) linkItemToToolCall(reducer, item)
  }
  const record = reducer.cells.get(`code_cell:${visibleId}`)
  if (record?.isVisible === true && record.cell.thread_id === call.thread_id) {
    call.started_code_cell_id = record.cell.code_cell_id
  }
}

/** Links an item to the call with its id, in either order of arrival. */
export function linkItemToToolCall(reducer: ReducerState, item: ConversationItem): void {
  const call = callOf(reducer, item.call_id)
  if (call === undefined) return
  if (item.kind === 'function_call' || item.kind === 'custom_tool_call') {
    call.model_visible_call_item_ids.push(item.item_id)
    for (const producer of item.produced_by) {
      if (producer.type !== 'inference') continue
      reducer.inferenceCalls.get(producer.inference_call_id)?.tool_call_ids_started_by_response.push(call.tool_call_id)
    }
    observeTerminal(reducer, call)
  } else linkOutputToToolCall(reducer, item, call.model_visible_call_id)
}

/** Adds an output that the model sees to its call. */
export function linkOutputToToolCall(reducer: ReducerState, item: ConversationItem, callId: string | null): void {
  const call = callOf(reducer, callId)
  if (call === undefined) return
  call.model_visible_output_item_ids.push(item.item_id)
  addToolProducer(reducer, item, callId)
  observeTerminal(reducer, call)
}

/** Names the call with this id as the producer of an output. */
export function addToolProducer(reducer: ReducerState, item: ConversationItem, callId: string | null): void {
  const call = callOf(reducer, callId)
  if (call === undefined) return
  const isNamed = item.produced_by.some(
    (producer) => producer.type === 'tool' && producer.tool_call_id === call.tool_call_id,
  )
  if (!isNamed) item.produced_by.push({ type: 'tool', tool_call_id: call.tool_call_id })
}

/**
 * Links an item that a request repeats to the call of another thread: an agent that was forked has copies of the calls and
 * outputs of its parent.
 */
export function linkCopy(reducer: ReducerState, item: ConversationItem): void {
  const call = callOf(reducer, item.call_id)
  if (call === undefined || item.call_id === null || call.thread_id === item.thread_id) return
  if (isOutput(item)) {
    if (item.produced_by.some(({ type }) => type === 'tool')) return
    linkItemToToolCall(reducer, item)
    linkItemToCell(reducer, item, item.call_id)
  } else if (!call.model_visible_call_item_ids.includes(item.item_id)) linkItemToToolCall(reducer, item)
}

function isOutput({ kind }: ConversationItem): boolean {
  return kind === 'function_call_output' || kind === 'custom_tool_call_output'
}

function callOf(reducer: ReducerState, callId: string | null): ToolCall | undefined {
  return callId === null ? undefined : reducer.toolCallsByVisibleId.get(callId)
}

/** Adds a wait to its cell. Malformed arguments name no cell, and do not invalidate the trace. */
function noteWait(
  reducer: ReducerState,
  call: ToolCall,
  { invocation_payload }: RawPayloadOf<'tool_call_started'>,
): void {
  if (invocation_payload === null) return
  const cellId = memberOf(functionArguments(reducer.readWhole(invocation_payload)), 'cell_id')
  if (typeof cellId !== 'string') return
  const record = reducer.cellsByRuntimeId.get(pairKey(call.thread_id, cellId))
  if (record?.isVisible === true) record.cell.wait_tool_call_ids.push(call.tool_call_id)
}

/** Adds a wait to the cell that the recorder names, whatever its arguments say. */
export function resolveWait(
  reducer: ReducerState,
  event: RawEvent,
  resolved: RawPayloadOf<'code_cell_wait_target_resolved'>,
): void {
  const call = reducer.toolCalls.get(resolved.tool_call_id)
  if (event.thread_id === null) throw invalid('confirmed wait missing thread')
  if (event.codex_turn_id === null) throw invalid('confirmed wait missing turn')
  if (call === undefined) throw invalid(`confirmed wait referenced unknown dispatch ${resolved.tool_call_id}`)
  if (call.thread_id !== event.thread_id || call.started_by_codex_turn_id !== event.codex_turn_id) {
    throw invalid('confirmed wait target has wrong dispatch context')
  }
  if (call.resolved_wait_runtime_cell_id !== undefined) {
    throw invalid(`duplicate confirmed wait target for ${resolved.tool_call_id}`)
  }
  call.resolved_wait_runtime_cell_id = resolved.runtime_cell_id
  const record = reducer.cellsByRuntimeId.get(pairKey(call.thread_id, resolved.runtime_cell_id))
  if (record?.isVisible === true) record.cell.wait_tool_call_ids.push(call.tool_call_id)
}

export function correlateMcp(
  reducer: ReducerState,
  assigned: RawPayloadOf<'mcp_tool_call_correlation_assigned'>,
): void {
  const id = assigned.tool_call_id
  const call = reducer.toolCalls.get(id)
  if (call === undefined) throw invalid(`MCP correlation referenced unknown tool call ${id}`)
  if (call.mcp_call_id !== null) throw invalid(`duplicate MCP correlation for tool call ${id}`)
  call.mcp_call_id = assigned.mcp_call_id
}

export function startRuntime(
  reducer: ReducerState,
  event: RawEvent,
  started: RawPayloadOf<'tool_call_runtime_started'>,
): void {
  const call = reducer.toolCalls.get(started.tool_call_id)
  if (call === undefined) throw invalid(`tool runtime start referenced unknown call ${started.tool_call_id}`)
  addOnce(call.raw_runtime_payload_ids, reducer.register(started.runtime_payload))
  // Only the runtime reports that a call reached an MCP server.
  if (started.kind !== null) call.kind = started.kind
  if (call.kind.type === 'exec_command') startExecCommand(reducer, event, call, started)
}

export function endRuntime(
  reducer: ReducerState,
  event: RawEvent,
  ended: RawPayloadOf<'tool_call_runtime_ended'>,
): void {
  const call = reducer.toolCalls.get(ended.tool_call_id)
  if (call === undefined) throw invalid(`tool runtime end referenced unknown call ${ended.tool_call_id}`)
  addOnce(call.raw_runtime_payload_ids, reducer.register(ended.runtime_payload))
  endTerminal(reducer, event, call, ended)
  noteAgentTool(reducer, event, call, ended)
}

export function endToolCall(reducer: ReducerState, event: RawEvent, ended: RawPayloadOf<'tool_call_ended'>): void {
  const call = reducer.toolCalls.get(ended.tool_call_id)
  if (call === undefined) throw invalid(`tool call end referenced unknown call ${ended.tool_call_id}`)
  endWith(call.execution, event, ended.status)
  call.raw_result_payload_id = reducer.registerOptional(ended.result_payload)
  if (call.kind.type === 'write_stdin') writeStdinResult(reducer, event, call, ended)
}
