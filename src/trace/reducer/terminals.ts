import type { PayloadReference, RawEvent, RawPayloadOf } from '../format/raw-event.ts'
import { countOf, functionArguments, memberOf, textOf } from '../format/json-access.ts'
import { addOnce, endWith, invalid, startedBy, type ReducerState } from './reducer-state.ts'
import type { TerminalOperation, TerminalRequest, TerminalResult, ToolCall } from '../format/trace-state.ts'

/** Starts the operation of a command, and the session for later writes if the process has an id. */
export function startExecCommand(
  reducer: ReducerState,
  event: RawEvent,
  call: ToolCall,
  { runtime_payload }: RawPayloadOf<'tool_call_runtime_started'>,
): void {
  if (call.terminal_operation_id !== null) {
    throw invalid(`tool runtime start would create a second terminal operation for ${call.tool_call_id}`)
  }
  const payload = reducer.readWhole(runtime_payload)
  if (payload === undefined) return
  const command = textsOf(memberOf(payload, 'command'))
  const cwd = textOf(memberOf(payload, 'cwd'))
  const processId = memberOf(payload, 'process_id') ?? null
  if (command === undefined || cwd === null || (processId !== null && typeof processId !== 'string')) {
    throw invalid(`parse terminal runtime start payload ${runtime_payload.raw_payload_id}`)
  }
  const request: TerminalRequest = {
    type: 'exec_command',
    command,
    display_command: command.join(' '),
    cwd,
    yield_time_ms: null,
    max_output_tokens: null,
  }
  const operation = newOperation(reducer, event, call, request, runtime_payload.raw_payload_id)
  if (processId === null && reducer.manifest.schema_version < 3) return
  openSession(reducer, event, operation, processId)
  if (processId !== null) reducer.processIds.set(operation.operation_id, processId)
}

/** Starts a write to a terminal. A write to an unknown session has a session of its own. */
export function startWriteStdin(
  reducer: ReducerState,
  event: RawEvent,
  call: ToolCall,
  invocation: PayloadReference | null,
): void {
  if (invocation === null) return
  const args = functionArguments(reducer.readWhole(invocation))
  const session = memberOf(args, 'session_id')
  if (typeof session !== 'string' && typeof session !== 'number') return
  const characters = memberOf(args, 'chars')
  const request: TerminalRequest = {
    type: 'write_stdin',
    stdin: typeof characters === 'string' ? characters : '',
    yield_time_ms: countOf(memberOf(args, 'yield_time_ms')),
    max_output_tokens: countOf(memberOf(args, 'max_output_tokens')),
  }
  const operation = newOperation(reducer, event, call, request, invocation.raw_payload_id)
  const known = reducer.thread(call.thread_id).terminals.get(String(session))
  if (known === undefined) openSession(reducer, event, operation, String(session))
  else joinSession(reducer, operation, known)
}

function newOperation(
  reducer: ReducerState,
  event: RawEvent,
  call: ToolCall,
  request: TerminalRequest,
  payloadId: string,
): TerminalOperation {
  const operation: TerminalOperation = {
    operation_id: `terminal_operation:${reducer.terminalOperations.size + 1}`,
    terminal_id: null,
    tool_call_id: call.tool_call_id,
    kind: request.type,
    execution: startedBy(event),
    request,
    result: null,
    model_observations: [],
    raw_payload_ids: [payloadId],
  }
  reducer.terminalOperations.set(operation.operation_id, operation)
  call.terminal_operation_id = operation.operation_id
  call.summary = { type: 'terminal', operation_id: operation.operation_id }
  observeTerminal(reducer, call)
  return operation
}

function openSession(
  reducer: ReducerState,
  event: RawEvent,
  operation: TerminalOperation,
  processId: string | null,
): void {
  const threadId = reducer.toolCalls.get(operation.tool_call_id)?.thread_id ?? ''
  const id = `terminal_session:${operation.operation_id}`
  operation.terminal_id = id
  reducer.terminalSessions.set(id, {
    terminal_id: id,
    thread_id: threadId,
    created_by_operation_id: operation.operation_id,
    operation_ids: [operation.operation_id],
    execution: startedBy(event),
  })
  if (processId !== null) reducer.thread(threadId).terminals.set(processId, id)
}

function joinSession(reducer: ReducerState, operation: TerminalOperation, terminalId: string): void {
  operation.terminal_id = terminalId
  reducer.terminalSessions.get(terminalId)?.operation_ids.push(operation.operation_id)
}

/** Assigns a write to the command that the recorder names: its session overrides others. */
export function resolveStdin(reducer: ReducerState, resolved: RawPayloadOf<'stdin_target_resolved'>): void {
  const call = reducer.toolCalls.get(resolved.tool_call_id)
  if (call === undefined) throw invalid(`stdin target referenced unknown call ${resolved.tool_call_id}`)
  const target = reducer.toolCalls.get(resolved.exec_tool_call_id)
  if (target === undefined) throw invalid(`stdin target referenced unknown exec ${resolved.exec_tool_call_id}`)
  const operation = operationOf(reducer, call)
  const terminalId = operationOf(reducer, target)?.terminal_id ?? null
  if (operation === undefined || terminalId === null || operation.terminal_id === terminalId) return
  const left = operation.terminal_id === null ? undefined : reducer.terminalSessions.get(operation.terminal_id)
  if (left !== undefined) {
    left.operation_ids = left.operation_ids.filter((id) => id !== operation.operation_id)
    if (left.operation_ids.length === 0) reducer.terminalSessions.delete(left.terminal_id)
  }
  joinSession(reducer, operation, terminalId)
}

export function endTerminal(
  reducer: ReducerState,
  event: RawEvent,
  call: ToolCall,
  { status, runtime_payload }: RawPayloadOf<'tool_call_runtime_ended'>,
): void {
  const operation = operationOf(reducer, call)
  if (operation?.kind !== 'exec_command') return
  const payload = reducer.readWhole(runtime_payload)
  const before = reducer.processIds.get(operation.operation_id)
  const after = memberOf(payload, 'process_id')
  if (before !== undefined && typeof after === 'string' && after !== before) {
    throw invalid(`terminal operation ${operation.operation_id} changed process id from ${before} to ${after}`)
  }
  addOnce(operation.raw_payload_ids, runtime_payload.raw_payload_id)
  endWith(operation.execution, event, status)
  if (payload === undefined) return
  operation.result = {
    ...emptyResult,
    exit_code: countOf(memberOf(payload, 'exit_code')),
    stdout: textOf(memberOf(payload, 'aggregated_output')) ?? '',
  }
}

export function writeStdinResult(
  reducer: ReducerState,
  event: RawEvent,
  call: ToolCall,
  { status, result_payload }: RawPayloadOf<'tool_call_ended'>,
): void {
  const operation = operationOf(reducer, call)
  if (operation === undefined) return
  endWith(operation.execution, event, status)
  if (result_payload === null) return
  addOnce(operation.raw_payload_ids, result_payload.raw_payload_id)
  operation.result = resultOf(reducer.readWhole(result_payload))
}

const emptyResult: TerminalResult = {
  exit_code: null,
  stdout: '',
  stderr: '',
  formatted_output: null,
  original_token_count: null,
  chunk_id: null,
}

function resultOf(payload: unknown): TerminalResult | null {
  switch (memberOf(payload, 'type')) {
    case 'direct_response': {
      const output = outputText(memberOf(memberOf(payload, 'response_item'), 'output'))
      return { ...emptyResult, stdout: output, formatted_output: output }
    }
    case 'code_mode_response': {
      const value = memberOf(payload, 'value')
      const output = textOf(memberOf(value, 'output'))
      if (output === null) {
        const text = textOf(value) ?? JSON.stringify(value ?? null)
        return { ...emptyResult, stdout: text, formatted_output: text }
      }
      return {
        ...emptyResult,
        exit_code: countOf(memberOf(value, 'exit_code')),
        stdout: output,
        formatted_output: output,
        original_token_count: countOf(memberOf(value, 'original_token_count')),
        chunk_id: textOf(memberOf(value, 'chunk_id')),
      }
    }
    case 'error': {
      const text = textOf(memberOf(payload, 'error')) ?? ''
      return { ...emptyResult, stderr: text, formatted_output: text }
    }
    default:
      return null
  }
}

function outputText(output: unknown): string {
  if (typeof output === 'string') return output
  if (!Array.isArray(output)) return ''
  return output.flatMap((part: unknown) => textOf(memberOf(part, 'text')) ?? []).join('\n')
}

/** Adds what the model saw of its own command: the call and the output. */
export function observeTerminal(reducer: ReducerState, call: ToolCall): void {
  const operation = operationOf(reducer, call)
  const calls = call.model_visible_call_item_ids
  const outputs = call.model_visible_output_item_ids
  if (operation === undefined || calls.length + outputs.length === 0) return
  operation.model_observations = [
    { call_item_ids: [...calls], output_item_ids: [...outputs], source: 'direct_tool_call' },
  ]
}

function operationOf(reducer: ReducerState, call: ToolCall): TerminalOperation | undefined {
  return call.terminal_operation_id === null ? undefined : reducer.terminalOperations.get(call.terminal_operation_id)
}

function textsOf(value: unknown): string[] | undefined {
  const isTexts = Array.isArray(value) && value.every((part) => typeof part === 'string')
  return isTexts ? value : undefined
}
