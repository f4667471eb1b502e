import type { TimelineSource } from '../../src/trace.ts'
import { payloadFile } from '../../src/trace-format.ts'
import { assistant, execCall, execOutput, Recording, user } from './recorder/recording.ts'

/** A turn with a cell that yields, two nested calls at the same time, and a wait; then a cell that fails. */
export function smallTrace(): Recording {
  const recording = new Recording()
  const source = 'const [a, b] = await Promise.all([tools.add({ a: 1 }), tools.read("x")])\ntext(a)'
  const usage = { input_tokens: 9, cached_input_tokens: 4, output_tokens: 2, reasoning_output_tokens: 0 }
  recording.request('i1', { input: [user('Sum up.')] })
  recording.response('i1', { output_items: [assistant('I add.'), execCall('call-1', source)], token_usage: usage })
  recording.tool(
    { tool_call_id: 'call-1', model_visible_call_id: 'call-1', kind: { type: 'other', name: 'exec' } },
    { tool_name: 'exec', payload: { type: 'custom', input: source } },
  )
  recording.add({ type: 'code_cell_started', runtime_cell_id: '1', model_visible_call_id: 'call-1', source_js: source })
  const nested = { requester: { type: 'code_cell', runtime_cell_id: '1' } } as const
  recording.tool(
    { ...nested, tool_call_id: 'n1', code_mode_runtime_tool_id: 'tool-1', kind: { type: 'other', name: 'add' } },
    { tool_name: 'add', payload: { type: 'function', arguments: '{"a":1}' } },
  )
  recording.tool(
    {
      ...nested,
      tool_call_id: 'n2',
      code_mode_runtime_tool_id: 'tool-2',
      kind: { type: 'mcp', server: 'files', tool: 'read' },
    },
    { tool_name: 'read', payload: { type: 'custom', input: 'x' } },
  )
  recording.toolEnd('n2', 'failed', { type: 'error', error: 'no such file' })
  recording.add({
    type: 'protocol_event_observed',
    event_type: 'codecell.notification',
    event_payload: recording.payload('protocol_event', {
      thread_id: 'T1',
      cell_id: '1',
      text: 'halfway',
      result: 'delivered',
    }),
  })
  const yielded = { Yielded: { cell_id: '1', content_items: [{ type: 'input_text', text: 'so far' }] } }
  recording.add({
    type: 'code_cell_initial_response',
    runtime_cell_id: '1',
    status: 'yielded',
    response_payload: recording.payload('tool_result', { response: yielded }),
  })
  const answer = (output: string): object => ({ type: 'direct_response', response_item: { output } })
  recording.toolEnd(
    'call-1',
    'completed',
    answer('Script running with cell ID 1\nWall time 0.0 seconds\nOutput:\nso far'),
  )
  recording.wait('call-2', '{"cell_id":"1"}')
  recording.toolEnd('n1', 'completed', { type: 'code_mode_response', value: 2 })
  const result = { Result: { cell_id: '1', content_items: [{ type: 'input_text', text: '2' }], error_text: null } }
  recording.add({
    type: 'code_cell_ended',
    runtime_cell_id: '1',
    status: 'completed',
    response_payload: recording.payload('tool_result', { response: result }),
  })
  recording.toolEnd('call-2', 'completed', answer('Script completed\nWall time 0.0 seconds\nOutput:\n2'))
  const before = [user('Sum up.'), assistant('I add.'), execCall('call-1', source), execOutput('call-1', 'so far')]
  recording.inference('i2', before, [execCall('call-3', 'boom()')])
  recording.tool(
    { tool_call_id: 'call-3', model_visible_call_id: 'call-3', kind: { type: 'other', name: 'exec' } },
    { tool_name: 'exec', payload: { type: 'custom', input: 'boom()' } },
  )
  recording.add({
    type: 'code_cell_started',
    runtime_cell_id: '2',
    model_visible_call_id: 'call-3',
    source_js: 'boom()',
  })
  const error = 'ReferenceError: boom is not defined'
  const items = [{ type: 'input_text', text: `Script error:\n${error}` }]
  const failed = {
    status: 'failed',
    runtime_cell_id: '2',
    response_payload: recording.payload('tool_result', {
      response: { Result: { cell_id: '2', content_items: items, error_text: error } },
    }),
  } as const
  recording.add({ type: 'code_cell_initial_response', ...failed })
  recording.add({ type: 'code_cell_ended', ...failed })
  recording.toolEnd('call-3', 'failed')
  recording.add({ type: 'codex_turn_ended', codex_turn_id: 'turn-1', status: 'completed' })
  return recording.add({ type: 'rollout_ended', status: 'completed' }, null, null)
}

/** Returns the source for exporters in addition to the state. */
export function sourceOf({ events, payloads }: Recording): TimelineSource {
  return {
    events: () => events,
    payloads: {
      has: (reference) => payloads.has(payloadFile(reference) ?? ''),
      read: (reference) => structuredClone(payloads.get(payloadFile(reference) ?? '')),
    },
  }
}
