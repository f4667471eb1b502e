import { createTraceWriter, type EventScope, type TraceWriter } from '../../../src/trace.ts'
import type { RawPayload } from '../../../src/trace-format.ts'
import { newFolder } from '../../support/folder.ts'

const scope: EventScope = { threadId: 'T1', turnId: 'turn-1' }
const nowhere: EventScope = { threadId: null, turnId: null }

/** Writes the trace of one turn: a cell with a nested call, and the message of the model. */
export function writeSample(writer: TraceWriter): void {
  const add = (payload: RawPayload, where = scope): boolean => writer.append(where, payload)
  add({ type: 'rollout_started', trace_id: traceId, root_thread_id: 'T1' }, nowhere)
  add({ type: 'thread_started', thread_id: 'T1', agent_path: '/root', metadata_payload: null }, nowhere)
  add({ type: 'codex_turn_started', codex_turn_id: 'turn-1', thread_id: 'T1' })
  const question = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Sum up.' }] }
  const call = { type: 'custom_tool_call', name: 'exec', call_id: 'call-1', input: 'text(await tools.add({a: 1}))' }
  const output = { type: 'custom_tool_call_output', call_id: 'call-1', output: '2' }
  infer(writer, 'i1', [question], [{ ...call, id: 'c1' }])
  add({ type: 'history_item_accepted', item_id: 'c1' })
  writeCell(writer)
  const answer = { type: 'message', id: 'm1', role: 'assistant', content: [{ type: 'output_text', text: 'Two.' }] }
  infer(writer, 'i2', [question, { ...call, id: 'c1' }, output], [{ ...answer, phase: 'final_answer' }])
  add({ type: 'history_item_accepted', item_id: 'm1' })
  add({ type: 'codex_turn_ended', codex_turn_id: 'turn-1', status: 'completed' })
  add({ type: 'thread_ended', thread_id: 'T1', status: 'completed' }, nowhere)
  add({ type: 'rollout_ended', status: 'completed' }, nowhere)
  writer.complete()
}

/** Creates a folder with that bundle, with a file for each payload. It is removed after the test. */
export function sampleBundle(): string {
  const writer = createTraceWriter({ root: newFolder(), rootThreadId: 'T1', traceId, schema: 2 })
  writeSample(writer)
  return writer.directory ?? ''
}

export const traceId = '6d2a9c1e-0000-4000-8000-000000000001'

function infer(writer: TraceWriter, id: string, input: readonly object[], output: readonly object[]): void {
  const request = writer.writePayload('inference_request', { model: 'model', input })
  if (request === null) return
  const started = { inference_call_id: id, thread_id: 'T1', codex_turn_id: 'turn-1', model: 'model' } as const
  writer.append(scope, { type: 'inference_started', ...started, provider_name: 'provider', request_payload: request })
  const response = writer.writePayload('inference_response', { response_id: `r-${id}`, output_items: output })
  if (response === null) return
  const ended = { inference_call_id: id, response_id: `r-${id}`, upstream_request_id: null } as const
  writer.append(scope, { type: 'inference_completed', ...ended, response_payload: response })
}

function writeCell(writer: TraceWriter): void {
  const start = (id: string, name: string, args: object, cell: string | null): void => {
    writer.append(scope, {
      type: 'tool_call_started',
      tool_call_id: id,
      model_visible_call_id: cell === null ? id : null,
      code_mode_runtime_tool_id: cell === null ? null : 'tool-1',
      requester: cell === null ? { type: 'model' } : { type: 'code_cell', runtime_cell_id: cell },
      kind: { type: 'other', name },
      summary: { type: 'generic', label: name, input_preview: null, output_preview: null },
      invocation_payload: writer.writePayload('tool_invocation', {
        tool_name: name,
        tool_namespace: null,
        payload: args,
      }),
    })
  }
  const end = (id: string, result: object): void => {
    const reference = writer.writePayload('tool_result', result)
    writer.append(scope, { type: 'tool_call_ended', tool_call_id: id, status: 'completed', result_payload: reference })
  }
  start('call-1', 'exec', { type: 'custom', input: 'text(await tools.add({a: 1}))' }, null)
  const source = { model_visible_call_id: 'call-1', source_js: 'text(await tools.add({a: 1}))' }
  writer.append(scope, { type: 'code_cell_started', runtime_cell_id: '1', ...source })
  start('exec-1', 'add', { type: 'function', arguments: '{"a":1}' }, '1')
  end('exec-1', { type: 'code_mode_response', value: 2 })
  const reference = writer.writePayload('tool_result', { response: { Result: { cell_id: '1', error_text: null } } })
  const response = { runtime_cell_id: '1', status: 'completed', response_payload: reference } as const
  writer.append(scope, { type: 'code_cell_initial_response', ...response })
  writer.append(scope, { type: 'code_cell_ended', ...response })
  end('call-1', { type: 'direct_response', response_item: { type: 'custom_tool_call_output', output: '2' } })
}
