import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportChromeTrace, exportOtlp } from '../../../src/trace.ts'
import { receiveTraces, told } from '../../otel/receiver.ts'
import {
  expectSoundChromeTrace,
  expectSoundRows,
  expectSoundSpans,
  received,
  rowsOf,
  type Given,
} from './export-rules.ts'
import { recordPlan, tracePlans } from '../reducer/generated.ts'
import { Recording } from '../recorder/recording.ts'
import { smallTrace, sourceOf } from '../small-trace.ts'

const given = (recording: Recording): Given => ({ state: recording.reduce(), source: sourceOf(recording) })
const small = (): Given => given(smallTrace())

test('the exports of any trace are sound', () => {
  fc.assert(
    fc.property(tracePlans(fc.constant('{"cell_id":"1"}')), (plan) => {
      const trace = given(recordPlan(plan))
      expectSoundRows(trace)
      expectSoundChromeTrace(trace)
      expectSoundSpans(trace)
    }),
    { numRuns: 20 },
  )
})

describe('exportJsonLines()', () => {
  test('there is a line for each thing that happened', () => {
    const rows = rowsOf(small())
    expect(
      rows.map(({ type, id, parent, name, status, start_ms: start, duration_ms: duration, input, output, error }) => ({
        what: [type, id, parent, name, status, start, duration],
        said: [input, output, error],
      })),
    ).toEqual([
      { what: ['thread', 'thread:T1', null, '/T1', 'running', 1002, null], said: [null, null, null] },
      { what: ['turn', 'turn:turn-1', 'thread:T1', 'turn-1', 'completed', 1003, 22], said: [null, null, null] },
      {
        what: ['inference', 'inference:i1', 'turn:turn-1', 'model', 'completed', 1004, 1],
        said: [null, 'I add.', null],
      },
      {
        what: ['cell', 'cell:code_cell:call-1', 'turn:turn-1', 'exec', 'completed', 1007, 9],
        said: [expect.stringContaining('tools.add({ a: 1 })'), 'so far\n2', null],
      },
      {
        what: ['nested_call', 'call:n1', 'cell:code_cell:call-1', 'add', 'completed', 1008, 7],
        said: ['{"a":1}', '2', null],
      },
      {
        what: ['nested_call', 'call:n2', 'cell:code_cell:call-1', 'read', 'failed', 1009, 1],
        said: ['x', null, 'no such file'],
      },
      {
        what: ['notification', 'event:11', 'cell:code_cell:call-1', 'notification', 'delivered', 1011, 0],
        said: ['halfway', null, null],
      },
      {
        what: ['yield', 'cell:code_cell:call-1:yield', 'cell:code_cell:call-1', 'yield', '', 1012, 0],
        said: [null, null, null],
      },
      {
        what: ['wait', 'call:call-2', 'cell:code_cell:call-1', 'wait', 'completed', 1014, 3],
        said: ['{"cell_id":"1"}', 'Script completed\nWall time 0.0 seconds\nOutput:\n2', null],
      },
      { what: ['inference', 'inference:i2', 'turn:turn-1', 'model', 'completed', 1018, 1], said: [null, null, null] },
      {
        what: ['cell', 'cell:code_cell:call-3', 'turn:turn-1', 'exec', 'failed', 1021, 2],
        said: ['boom()', null, 'ReferenceError: boom is not defined'],
      },
    ])
  })
})

describe('exportChromeTrace()', () => {
  test('a trace has rows for turns, models, cells and waits', () => {
    const { state, source } = small()
    const { traceEvents } = exportChromeTrace(state, source)
    expect(traceEvents.map(({ ph, name, tid, ts, dur }) => [ph, name, tid, ts, dur].join(' ').trim())).toEqual([
      'M process_name 0 0',
      'M thread_name 1 0',
      'M thread_name 2 0',
      'M thread_name 3 0',
      'M thread_name 4 0',
      'M thread_name 5 0',
      'X turn turn-1 1 1003000 22000',
      'b model 2 1004000',
      'e model 2 1005000',
      'X cell 1 3 1007000 9000',
      'b add 3 1008000',
      'e add 3 1015000',
      'b read 3 1009000',
      'e read 3 1010000',
      'i notification 3 1011000',
      'i yield 3 1012000',
      'X wait 1 4 1014000 3000',
      's wait 3 1007000',
      'f wait 4 1014000',
      'b model 2 1018000',
      'e model 2 1019000',
      'X cell 2 5 1021000 2000',
    ])
  })
})

describe('exportOtlp()', () => {
  test('there is a span for each turn, request, cell and nested call, and an event for the rest', () => {
    const { state, source } = small()
    const spans = received(exportOtlp(state, source))
    const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.type': 'function' }
    const conversation = { 'gen_ai.conversation.id': 'T1' }
    const ofCell = { ...tool, ...conversation, 'codecell.cell.id': '1' }
    const model = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'provider',
      'gen_ai.request.model': 'model',
      ...conversation,
      'codecell.status': 'completed',
    }
    const good = { events: [], status: {} }
    expect(spans.map((span) => told(span, spans))).toEqual([
      {
        name: 'invoke_agent /T1',
        parent: null,
        kind: 1,
        attributes: {
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': '/T1',
          ...conversation,
          'codecell.status': 'completed',
        },
        ...good,
      },
      {
        name: 'chat model',
        parent: 'invoke_agent /T1',
        kind: 3,
        attributes: {
          ...model,
          'gen_ai.response.id': 'response-i1',
          'gen_ai.usage.input_tokens': '9',
          'gen_ai.usage.cache_read.input_tokens': '4',
          'gen_ai.usage.output_tokens': '2',
        },
        ...good,
      },
      {
        name: 'execute_tool exec',
        parent: 'invoke_agent /T1',
        kind: 1,
        attributes: {
          ...ofCell,
          'gen_ai.tool.name': 'exec',
          'gen_ai.tool.call.id': 'call-1',
          'codecell.status': 'completed',
        },
        events: [
          { name: 'codecell.notification', 'codecell.status': 'delivered' },
          {
            name: 'codecell.wait',
            'gen_ai.tool.call.id': 'call-2',
            'codecell.status': 'completed',
            'codecell.duration_ms': 'some',
          },
          { name: 'codecell.yield' },
        ],
        status: {},
      },
      {
        name: 'execute_tool add',
        parent: 'execute_tool exec',
        kind: 1,
        attributes: {
          ...ofCell,
          'gen_ai.tool.name': 'add',
          'gen_ai.tool.call.id': '1#1',
          'codecell.status': 'completed',
        },
        ...good,
      },
      {
        name: 'execute_tool read',
        parent: 'execute_tool exec',
        kind: 1,
        attributes: {
          ...ofCell,
          'gen_ai.tool.name': 'read',
          'gen_ai.tool.call.id': '1#2',
          'mcp.method.name': 'tools/call',
          'codecell.mcp.server': 'files',
          'codecell.status': 'failed',
          'error.type': 'tool_error',
        },
        events: [],
        status: { code: 2 },
      },
      {
        name: 'chat model',
        parent: 'invoke_agent /T1',
        kind: 3,
        attributes: { ...model, 'gen_ai.response.id': 'response-i2' },
        ...good,
      },
      {
        name: 'execute_tool exec',
        parent: 'invoke_agent /T1',
        kind: 1,
        attributes: {
          ...tool,
          ...conversation,
          'codecell.cell.id': '2',
          'gen_ai.tool.name': 'exec',
          'gen_ai.tool.call.id': 'call-3',
          'codecell.status': 'failed',
          'error.type': 'script_error',
        },
        events: [],
        status: { code: 2 },
      },
    ])
  })

  test('spans have arguments, results and errors with the option "content" alone', () => {
    const { state, source } = small()
    const secrets = /so far|halfway|no such file|boom|Promise/
    expect(JSON.stringify([...exportOtlp(state, source)])).not.toMatch(secrets)
    const spans = received(exportOtlp(state, source, { content: true }))
    expect(spans.map((span) => told(span, spans)).slice(2, 5)).toMatchObject([
      {
        attributes: { 'gen_ai.tool.call.result': 'so far\n2' },
        events: expect.arrayContaining([expect.objectContaining({ 'codecell.text': 'halfway' })]),
      },
      { attributes: { 'gen_ai.tool.call.arguments': '{"a":1}', 'gen_ai.tool.call.result': '2' } },
      { attributes: { 'gen_ai.tool.call.arguments': 'x' }, status: { code: 2, message: 'no such file' } },
    ])
  })

  test('a receiver accepts the requests', async () => {
    await using receiver = await receiveTraces()
    const { state, source } = small()
    const [request, ...more] = exportOtlp(state, source)
    const body = JSON.stringify(request)
    const { status } = await fetch(receiver.url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect([status, receiver.spans.length, more.length]).toEqual([200, 7, 0])
  })

  test('a long trace is exported in several requests', () => {
    const recording = new Recording()
    for (let number = 1; number <= 1001; number++) recording.tool({ tool_call_id: `c${number}` })
    const requests = [...exportOtlp(recording.reduce(), sourceOf(recording))]
    expect(requests.map((request) => received([request]).length)).toEqual([500, 500, 2])
  })
})
