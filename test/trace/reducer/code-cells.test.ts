import { describe, expect, test } from 'vitest'
import { execCall, execOutput, Recording, user } from '../recorder/recording.ts'

const nested = { type: 'code_cell', runtime_cell_id: '1' } as const

describe('reduceTrace() and code cells', () => {
  test('a cell has the id of its call, and a runtime id', () => {
    const state = new Recording()
      .inference('i1', [user('go')], [execCall('call-1')])
      .cell('call-1')
      .firstResponse('yielded')
      .wait('call-2', '{"cell_id":"1"}')
      .cellEnd('completed')
      .toolEnd('call-2')
      .reduce()
    expect(state.code_cells).toEqual({
      'code_cell:call-1': {
        code_cell_id: 'code_cell:call-1',
        model_visible_call_id: 'call-1',
        thread_id: 'T1',
        codex_turn_id: 'turn-1',
        source_item_id: 'conversation_item:2',
        output_item_ids: [],
        runtime_cell_id: '1',
        execution: {
          started_at_unix_ms: 1006,
          started_seq: 6,
          ended_at_unix_ms: 1009,
          ended_seq: 9,
          status: 'completed',
        },
        runtime_status: 'completed',
        initial_response_at_unix_ms: 1007,
        initial_response_seq: 7,
        initial_response_status: 'yielded',
        raw_initial_response_payload_id: null,
        raw_result_payload_id: null,
        yielded_at_unix_ms: 1007,
        yielded_seq: 7,
        source_js: 'text(1)',
        nested_tool_call_ids: [],
        wait_tool_call_ids: ['call-2'],
      },
    })
  })

  test.each([
    ['completed', 'completed'],
    ['failed', 'failed'],
    ['terminated', 'cancelled'],
  ] as const)('a cell that ends as %s during a wait has the execution status %s', (end, execution) => {
    const state = new Recording()
      .inference('i1', [user('go')], [execCall('call-1')])
      .cell('call-1')
      .firstResponse('yielded')
      .wait('call-2', '{"cell_id":"1"}')
      .cellEnd(end)
      .toolEnd('call-2')
      .reduce()
    expect(state.code_cells['code_cell:call-1']).toMatchObject({
      runtime_status: end,
      execution: { status: execution, ended_seq: 9 },
      yielded_seq: 7,
      wait_tool_call_ids: ['call-2'],
    })
  })

  test('a cell can start before its response is complete', () => {
    const state = new Recording()
      .request('i1', { input: [user('go')] })
      .cell('call-1')
      .tool({ tool_call_id: 'exec-a', requester: nested, code_mode_runtime_tool_id: 'tool-1' })
      .firstResponse('completed')
      .cellEnd('completed')
      .response('i1', { output_items: [execCall('call-1')] })
      .reduce()
    expect(state.code_cells['code_cell:call-1']).toMatchObject({
      execution: { started_seq: 5, ended_seq: 8, status: 'completed' },
      initial_response_seq: 7,
      nested_tool_call_ids: ['exec-a'],
    })
    expect(state.tool_calls['exec-a']?.requester).toEqual({ type: 'code_cell', code_cell_id: 'code_cell:call-1' })
  })

  test('a cell without a call of the model is left out', () => {
    expect(new Recording().cell('call-1').cellEnd('completed').reduce().code_cells).toEqual({})
  })

  test('a call of exec as a function starts a cell', () => {
    const call = { type: 'function_call', name: 'exec', arguments: '{"code":"text(1)"}', call_id: 'call-1' }
    const output = { type: 'function_call_output', call_id: 'call-1', output: '1' }
    const state = new Recording()
      .inference('i1', [user('go')], [call])
      .cell('call-1')
      .cellEnd('completed')
      .inference('i2', [user('go'), call, output], [])
      .reduce()
    expect(state.code_cells['code_cell:call-1']?.output_item_ids).toEqual(['conversation_item:3'])
  })

  test('the output of a cell is its notifications and its result, in order', () => {
    const state = new Recording()
      .inference('i1', [user('go')], [execCall('call-1')])
      .cell('call-1')
      .cellEnd('completed')
      .inference('i2', [user('go'), execCall('call-1'), execOutput('call-1', 'n'), execOutput('call-1', 'done')], [])
      .reduce()
    expect(state.code_cells['code_cell:call-1']?.output_item_ids).toEqual([
      'conversation_item:3',
      'conversation_item:4',
    ])
    expect(state.conversation_items['conversation_item:4']?.produced_by).toEqual([
      { type: 'code_cell', code_cell_id: 'code_cell:call-1' },
    ])
  })

  test('cells of two threads can have the same runtime id', () => {
    const state = new Recording()
      .startThread('T2', 'turn-2')
      .inference('i1', [user('go')], [execCall('call-1')])
      .request('i2', { input: [user('go'), execCall('call-9')] }, 'T2', 'turn-2')
      .cell('call-1')
      .cell('call-9', '1', 'T2', 'turn-2')
      .cellEnd('completed')
      .cellEnd('failed', '1', 'T2')
      .reduce()
    expect(Object.values(state.code_cells).map((cell) => [cell.thread_id, cell.runtime_status])).toEqual([
      ['T1', 'completed'],
      ['T2', 'failed'],
    ])
  })

  test.each([
    ['completed', 'yielded', 'running'],
    ['cancelled', 'terminated', 'cancelled'],
    ['aborted', 'terminated', 'cancelled'],
    ['failed', 'failed', 'failed'],
  ] as const)('a cell that runs when its turn is %s is %s', (turnStatus, cellStatus, execution) => {
    const state = new Recording()
      .inference('i1', [user('go')], [execCall('call-1')])
      .cell('call-1')
      .firstResponse('yielded')
      .add({ type: 'codex_turn_ended', codex_turn_id: 'turn-1', status: turnStatus })
      .reduce()
    expect(state.code_cells['code_cell:call-1']).toMatchObject({
      runtime_status: cellStatus,
      execution: { status: execution },
    })
  })

  test.each(['not json', '{}', '{"cell_id":7}', 'null', '[]', '{"cell_id":"99"}'])(
    'a wait with the arguments %s does not change a cell',
    (args) => {
      const state = new Recording()
        .inference('i1', [user('go')], [execCall('call-1')])
        .cell('call-1')
        .wait('call-2', args)
        .reduce()
      expect(state.code_cells['code_cell:call-1']?.wait_tool_call_ids).toEqual([])
      expect(Object.keys(state.tool_calls)).toEqual(['call-2'])
    },
  )
})
