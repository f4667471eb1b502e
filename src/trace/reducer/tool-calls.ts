import type { RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { functionArguments, memberOf } from '../format/json-access.ts'
import { endTerminal, startExecCommand, startWriteStdin, writeStdinResult, observeTerminal } from './terminals.ts'
import { noteAgentTool } from './interaction-edges.ts'
import { endWith, invalid, pairKey, startedBy, type Reduction } from './reducer-state.ts'
import type { ConversationItem, ToolCall } from '../format/trace-state.ts'

/** A tool call begins, asked for by the model or by a cell. */
export function startToolCall(reduction: Reduction, event: RawEvent, started: RawPayloadOf<'tool_call_started'>): void {
  const id = started.tool_call_id
  if (reduction.toolCalls.has(id)) throw invalid(`duplicate tool call start for ${id}`)
  const turnId = event.codex_turn_id
  if (turnId !== null && !reduction.turns.has(turnId)) {
    throw invalid(`tool call start referenced unknown Codex turn ${turnId}`)
  }
  const threadId = reduction.threadIdOf(event)
  if (threadId === undefined) throw invalid('tool call start did not include thread or Codex turn context')
  if (!reduction.threads.has(threadId)) throw invalid(`tool call start referenced unknown thread ${threadId}`)
  const visibleId = started.model_visible_call_id
  if (visibleId !== null && reduction.toolCallsByVisibleId.has(visibleId)) {
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
    requester: requesterOf(reduction, id, threadId, started),
    kind: started.kind,
    model_visible_call_item_ids: [],
    model_visible_output_item_ids: [],
    terminal_operation_id: null,
    summary: started.summary,
    raw_invocation_payload_id: reduction.registerOptional(started.invocation_payload),
    raw_result_payload_id: null,
    raw_runtime_payload_ids: [],
  }
  reduction.toolCalls.set(id, call)
  if (visibleId !== null) {
    reduction.toolCallsByVisibleId.set(visibleId, call)
    linkKnownItems(reduction, call, visibleId)
  }
  if (started.kind.type === 'other' && started.kind.name === 'wait') noteWait(reduction, call, started)
  if (started.kind.type === 'write_stdin') startWriteStdin(reduction, event, call, started.invocation_payload)
}

function requesterOf(
  reduction: Reduction,
  toolCallId: string,
  threadId: string,
  { requester }: RawPayloadOf<'tool_call_started'>,
): ToolCall['requester'] {
  if (requester.type === 'model') return { type: 'model' }
  const record = reduction.cellsByRuntimeId.get(pairKey(threadId, requester.runtime_cell_id))
  if (record === undefined) {
    throw invalid(
      `code-mode nested tool referenced unknown runtime cell ${requester.runtime_cell_id} in thread ${threadId}`,
    )
  }
  record.cell.nested_tool_call_ids.push(toolCallId)
  return { type: 'code_cell', code_cell_id: record.cell.code_cell_id }
}

function linkKnownItems(reduction: Reduction, call: ToolCall, visibleId: string): void {
  const index = reduction.thread(call.thread_id)
  const known = [...(index.callItems.get(visibleId) ?? []), ...(index.outputItems.get(visibleId) ?? [])]
  for (const itemId of known) {
    const item = reduction.items.get(itemId)
    if (item !== undefined) linkItemToToolCall(reduction, item)
  }
  const record = reduction.cells.get(`code_cell:${visibleId}`)
  if (record?.shown === true && record.cell.thread_id === call.thread_id) {
    call.started_code_cell_id = record.cell.code_cell_id
  }
}

/** Ties an item to the call whose id it has, whichever of the two came first. */
export function linkItemToToolCall(reduction: Reduction, item: ConversationItem): void {
  const call = item.call_id === null ? undefined : reduction.toolCallsByVisibleId.get(item.call_id)
  if (call === undefined || call.thread_id !== item.thread_id) return
  if (item.kind === 'function_call' || item.kind === 'custom_tool_call') {
    call.model_visible_call_item_ids.push(item.item_id)
    for (const producer of item.produced_by) {
      if (producer.type !== 'inference') continue
      reduction.inferenceCalls
        .get(producer.inference_call_id)
        ?.tool_call_ids_started_by_response.push(call.tool_call_id)
    }
  } else {
    call.model_visible_output_item_ids.push(item.item_id)
    item.produced_by.push({ type: 'tool', tool_call_id: call.tool_call_id })
  }
  observeTerminal(reduction, call)
}

/** A wait is listed with the cell it asks for. What a model wrote wrongly names no cell; it does not spoil the trace. */
function noteWait(
  reduction: Reduction,
  call: ToolCall,
  { invocation_payload }: RawPayloadOf<'tool_call_started'>,
): void {
  if (invocation_payload === null) return
  const cellId = memberOf(functionArguments(reduction.read(invocation_payload)), 'cell_id')
  if (typeof cellId !== 'string') return
  const record = reduction.cellsByRuntimeId.get(pairKey(call.thread_id, cellId))
  if (record?.shown === true) record.cell.wait_tool_call_ids.push(call.tool_call_id)
}

export function correlateMcp(reduction: Reduction, assigned: RawPayloadOf<'mcp_tool_call_correlation_assigned'>): void {
  const id = assigned.tool_call_id
  const call = reduction.toolCalls.get(id)
  if (call === undefined) throw invalid(`MCP correlation referenced unknown tool call ${id}`)
  if (call.mcp_call_id !== null) throw invalid(`duplicate MCP correlation for tool call ${id}`)
  call.mcp_call_id = assigned.mcp_call_id
}

export function startRuntime(
  reduction: Reduction,
  event: RawEvent,
  started: RawPayloadOf<'tool_call_runtime_started'>,
): void {
  const call = reduction.toolCalls.get(started.tool_call_id)
  if (call === undefined) throw invalid(`tool runtime start referenced unknown call ${started.tool_call_id}`)
  call.raw_runtime_payload_ids.push(reduction.register(started.runtime_payload))
  // Only the runtime knows that a call went to an MCP server.
  if (started.kind !== null) call.kind = started.kind
  if (call.kind.type === 'exec_command') startExecCommand(reduction, event, call, started)
}

export function endRuntime(
  reduction: Reduction,
  event: RawEvent,
  ended: RawPayloadOf<'tool_call_runtime_ended'>,
): void {
  const call = reduction.toolCalls.get(ended.tool_call_id)
  if (call === undefined) throw invalid(`tool runtime end referenced unknown call ${ended.tool_call_id}`)
  call.raw_runtime_payload_ids.push(reduction.register(ended.runtime_payload))
  endTerminal(reduction, event, call, ended)
  noteAgentTool(reduction, event, call, ended)
}

export function endToolCall(reduction: Reduction, event: RawEvent, ended: RawPayloadOf<'tool_call_ended'>): void {
  const call = reduction.toolCalls.get(ended.tool_call_id)
  if (call === undefined) throw invalid(`tool call end referenced unknown call ${ended.tool_call_id}`)
  endWith(call.execution, event, ended.status)
  call.raw_result_payload_id = reduction.registerOptional(ended.result_payload)
  if (call.kind.type === 'write_stdin') writeStdinResult(reduction, event, call, ended)
}
