import { createTraceWriter, type TraceWriter } from '../src/trace.ts'
import type { RawPayload } from '../src/trace-format.ts'

/** Events of one cell: a request, an acceptance, the cell, and two for each nested call. */
const eventsPerCell = 206

/** Writes a bundle with about that many events in a directory, always the same, and returns the path. */
export function writeLargeTrace(root: string, events: number): string {
  const writer = createTraceWriter({
    root,
    rootThreadId: 'T1',
    traceId: 'trace',
    now: () => 1000,
    onWarning: (text) => console.error(text),
  })
  if (writer.directory === null) throw new Error('Cannot write the bundle')
  writeTrace(writer, events)
  return writer.directory
}

/** Writes cells with a hundred nested calls each; every request follows the response before it. */
function writeTrace(writer: TraceWriter, events: number): void {
  const add = (payload: RawPayload, threadId: string | null = 'T1'): void => {
    writer.append({ threadId, turnId: threadId === null ? null : 'turn-1' }, payload)
  }
  add({ type: 'rollout_started', trace_id: 'trace', root_thread_id: 'T1' }, null)
  add({ type: 'thread_started', thread_id: 'T1', agent_path: '/root', metadata_payload: null }, null)
  add({ type: 'codex_turn_started', codex_turn_id: 'turn-1', thread_id: 'T1' })
  for (let index = 0; index < Math.ceil(events / eventsPerCell); index++) {
    writeRequest(writer, add, index)
    add({
      type: 'code_cell_started',
      runtime_cell_id: String(index),
      model_visible_call_id: `call-${index}`,
      source_js: 'text(1)',
    })
    for (let nested = 0; nested < 100; nested++) writeNestedCall(add, index, `exec-${index}-${nested}`)
    const response = { runtime_cell_id: String(index), status: 'completed', response_payload: null } as const
    add({ type: 'code_cell_initial_response', ...response })
    add({ type: 'code_cell_ended', ...response })
  }
  writer.complete()
}

function writeRequest(writer: TraceWriter, add: (payload: RawPayload) => void, index: number): void {
  const before = { call_id: `call-${index - 1}`, output: '1' }
  const input =
    index === 0
      ? [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go' }] }]
      : [{ type: 'custom_tool_call_output', ...before }]
  const chain = index === 0 ? {} : { previous_response_id: `response-${index - 1}` }
  const request = writer.writePayload('inference_request', { input, ...chain })
  const call = {
    type: 'custom_tool_call',
    id: `item-${index}`,
    call_id: `call-${index}`,
    name: 'exec',
    input: 'text(1)',
  }
  const response = writer.writePayload('inference_response', { output_items: [call] })
  if (request === null || response === null) throw new Error('payload not written')
  add({
    type: 'inference_started',
    inference_call_id: `inference-${index}`,
    thread_id: 'T1',
    codex_turn_id: 'turn-1',
    model: 'model',
    provider_name: 'provider',
    request_payload: request,
  })
  add({
    type: 'inference_completed',
    inference_call_id: `inference-${index}`,
    response_id: `response-${index}`,
    upstream_request_id: null,
    response_payload: response,
  })
  add({ type: 'history_item_accepted', item_id: `item-${index}` })
}

function writeNestedCall(add: (payload: RawPayload) => void, cell: number, id: string): void {
  add({
    type: 'tool_call_started',
    tool_call_id: id,
    model_visible_call_id: null,
    code_mode_runtime_tool_id: 'tool-1',
    requester: { type: 'code_cell', runtime_cell_id: String(cell) },
    kind: { type: 'other', name: 'add' },
    summary: { type: 'generic', label: 'add', input_preview: null, output_preview: null },
    invocation_payload: null,
  })
  add({ type: 'tool_call_ended', tool_call_id: id, status: 'completed', result_payload: null })
}
