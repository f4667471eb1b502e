import { describe, expect, test } from 'vitest'
import type { RawPayload } from '../../../src/trace-format.ts'
import { errorFrom } from './error-from.ts'
import { ShardBundle } from '../bundle/shard-bundle.ts'

const call = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call-1', name: 'exec', input: 'text(1)' }
const output = (text: string, id: string | undefined = 'out_1'): object => ({
  type: 'custom_tool_call_output',
  id,
  call_id: 'call-1',
  output: text,
})
const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go' }] }
const text = (item: string) => ({ parts: [{ type: 'text', text: item }] })

function startedCall(bundle: ShardBundle, id: string, name: string): ShardBundle {
  const about = { model_visible_call_id: id, code_mode_runtime_tool_id: null, requester: { type: 'model' } } as const
  const summary = { type: 'generic', label: name, input_preview: null, output_preview: null } as const
  const kind = { type: 'other', name } as const
  return bundle.add({ type: 'tool_call_started', tool_call_id: id, ...about, kind, summary, invocation_payload: null })
}

function withCell(): ShardBundle {
  const bundle = startedCall(new ShardBundle().request('i1', [user, call]), 'call-1', 'exec')
  bundle.add({ type: 'code_cell_started', runtime_cell_id: '1', model_visible_call_id: 'call-1', source_js: 'text(1)' })
  return bundle
}

function accepted(bundle: ShardBundle, item: object, id = 'out_1'): ShardBundle {
  const payload = bundle.payload('protocol_event', item)
  return bundle.add({ type: 'history_item_accepted', item_id: id, tool_output_payload: payload })
}

describe('reduceTrace() and schema 3', () => {
  test('an output is an item once it is accepted, and is visible once a request has it', () => {
    const bundle = accepted(withCell(), output('done'))
    expect(bundle.reduce().conversation_items['conversation_item:3']).toMatchObject({
      body: text('done'),
      produced_by: [{ type: 'tool', tool_call_id: 'call-1' }],
    })
    expect(bundle.reduce().code_cells['code_cell:call-1']?.output_item_ids).toEqual([])
    const state = bundle.request('i2', [user, call, output('cut')]).reduce()
    expect(state.conversation_items['conversation_item:3']).toMatchObject({ accepted_seq: 6, body: text('cut') })
    expect(state.code_cells['code_cell:call-1']?.output_item_ids).toEqual(['conversation_item:3'])
    expect(state.tool_calls['call-1']?.model_visible_output_item_ids).toEqual(['conversation_item:3'])
  })

  test('an output without an id in a request is another item, unless the recorder removed the id', () => {
    const without = accepted(withCell(), output('done')).request('i2', [user, call, output('done', undefined)])
    const nameless = { ...output('done'), id: undefined }
    const bundle = accepted(withCell(), output('done')).request('i2', [user, call, nameless])
    expect(Object.keys(bundle.reduce().conversation_items)).toHaveLength(4)
    expect(Object.keys(without.reduce().conversation_items)).toHaveLength(3)
  })

  test('a new item of a request stands before an output that was accepted', () => {
    const state = accepted(withCell(), output('done'))
      .request('i2', [user, call, { ...user, id: 'm2' }, output('done')])
      .reduce()
    expect(state.threads['thread-1']?.conversation_item_ids).toEqual(
      [1, 2, 4, 3].map((number) => `conversation_item:${number}`),
    )
  })

  test('a wait belongs to the cell that the recorder names', () => {
    const resolved = { type: 'code_cell_wait_target_resolved', tool_call_id: 'call-2', runtime_cell_id: '1' } as const
    const state = startedCall(withCell(), 'call-2', 'wait').add(resolved).reduce()
    expect(state.code_cells['code_cell:call-1']?.wait_tool_call_ids).toEqual(['call-2'])
    expect(state.tool_calls['call-2']?.resolved_wait_runtime_cell_id).toBe('1')
  })

  test('a payload that the recorder omitted leaves its item out, and the recording is partial', () => {
    const bundle = withCell()
    const omitted = { raw_payload_id: 'raw_payload:99', kind: { type: 'protocol_event' }, shard: null }
    const capture = { status: 'omitted', original_bytes: 2 ** 30 } as const
    bundle.add({ type: 'history_item_accepted', item_id: 'out_1', tool_output_payload: { ...omitted, capture } })
    const state = bundle.add({ type: 'recording_completed' }).reduce()
    expect(state.recording_status).toBe('closed_with_partial_payloads')
    expect(state.raw_payloads['raw_payload:99']).toEqual({ ...omitted, capture })
    expect(Object.keys(state.conversation_items)).toHaveLength(2)
  })

  const resolve = (toolCallId: string): RawPayload => ({
    type: 'code_cell_wait_target_resolved',
    tool_call_id: toolCallId,
    runtime_cell_id: '1',
  })
  test.each<[string, () => ShardBundle]>([
    ['confirmed wait referenced unknown dispatch call-9', () => withCell().add(resolve('call-9'))],
    ['duplicate confirmed wait target for call-1', () => withCell().add(resolve('call-1')).add(resolve('call-1'))],
    ['accepted item payload does not match out_2', () => accepted(withCell(), output('x'), 'out_2')],
    ['accepted item payload does not match ctc_1', () => accepted(withCell(), call, 'ctc_1')],
    [
      'conflicting references for payload raw_payload:1',
      () =>
        withCell().add({
          type: 'protocol_event_observed',
          event_type: 'x',
          event_payload: reference('protocol_event'),
        }),
    ],
  ])('contradictory evidence is rejected with the error: %s', (message, bundle) => {
    expect(errorFrom(() => bundle().reduce())).toEqual({ code: 'TRACE_INVALID', message })
  })
})

function reference(kind: string): { raw_payload_id: string; kind: { type: string }; shard: number } {
  return { raw_payload_id: 'raw_payload:1', kind: { type: kind }, shard: 1 }
}

describe('reduceTrace() and items of any form', () => {
  test.each<[unknown, string]>([
    [{ role: 'user', content: 'Hello' }, 'Hello'],
    [{ type: 'message', role: 'user', content: 'Hello' }, 'Hello'],
    [{ role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] }, 'Hi'],
    [{ type: 'message', role: 'critic', content: [] }, 'critic'],
    [{ type: 'mcp_call', name: 'add', server_label: 's', output: '3' }, 'mcp_call'],
    [{ type: 'file_search_call', queries: ['q'] }, 'file_search_call'],
    [{ type: 'code_interpreter_call', code: '1' }, 'code_interpreter_call'],
    [{ type: 'computer_call', call_id: 'c', action: {} }, 'computer_call'],
    [{ type: 'computer_call_output', call_id: 'c', output: {} }, 'computer_call_output'],
    [{ type: 'shell_call', call_id: 's', action: {} }, 'shell_call'],
    [{ type: 'apply_patch_call', call_id: 'p', operation: {} }, 'apply_patch_call'],
    [{ type: 'item_reference', id: 'x' }, 'item_reference'],
    [{ type: 'hologram' }, 'hologram'],
    [{ type: 'agent_message' }, 'agent_message'],
    [{ type: 'compaction' }, 'compaction'],
    ['text', 'text'],
    [null, 'null'],
  ])('the item %j is shown, and is found again', (item, shown) => {
    const state = new ShardBundle().request('i1', [item]).request('i2', [item]).reduce()
    expect(Object.values(state.conversation_items)).toHaveLength(1)
    expect(JSON.stringify(Object.values(state.conversation_items)[0]?.body)).toContain(shown)
  })

  test('reasoning without content is an item without content', () => {
    const state = new ShardBundle().request('i1', [{ type: 'reasoning', summary: [] }]).reduce()
    expect(Object.values(state.conversation_items)).toMatchObject([{ kind: 'reasoning', body: { parts: [] } }])
  })
})
