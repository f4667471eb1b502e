import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createTraceWriter,
  makeViewData,
  openTraceBundle,
  type TraceBundle,
  type ViewCell,
} from '../../../src/trace.ts'
import { newFolder } from '../../support/folder.ts'
import { expectConsistent } from '../reducer/expect-consistent.ts'
import { recordPlan, tracePlans, writeRecording } from '../reducer/generated.ts'
import { execCall, Recording, user } from '../recorder/recording.ts'
import { smallTrace } from '../small-trace.ts'

// These bundles have no cell logs, as those of other recorders.

function bundleOf(recording: Recording): TraceBundle {
  const writer = createTraceWriter({ root: newFolder(), rootThreadId: 'T1', schema: 2, now: () => 1000 })
  writeRecording(recording, writer)
  return openTraceBundle(writer.directory ?? '')
}

const whole = (text: string): { text: string; length: number } => ({ text, length: text.length })

const marksOf = ({ marks }: ViewCell): string =>
  marks.map(({ line, kind, isCertain }) => `${line} ${kind}${isCertain ? '' : '?'}`).join(', ')

/** Records a cell with one response, which the model saw. */
function ended(source: string, text: string, error: string | null): Recording {
  const recording = new Recording().inference('i1', [user('go')], [execCall('call-1', source)])
  recording.add({ type: 'code_cell_started', runtime_cell_id: '1', model_visible_call_id: 'call-1', source_js: source })
  const items = [{ type: 'input_text', text }]
  const response = {
    runtime_cell_id: '1',
    status: error === null ? 'completed' : 'failed',
    response_payload: recording.payload('tool_result', {
      response: { Result: { cell_id: '1', content_items: items, error_text: error } },
    }),
  } as const
  recording.add({ type: 'code_cell_initial_response', ...response })
  return recording.add({ type: 'code_cell_ended', ...response })
}

test('a cell that is waited for has all of its responses', () => {
  const [cell] = makeViewData(bundleOf(smallTrace())).cells
  expect(cell).toEqual({
    id: 'cell:code_cell:call-1',
    yields: [1000],
    source: 'const [a, b] = await Promise.all([tools.add({ a: 1 }), tools.read("x")])\ntext(a)',
    nestedCallIds: ['call:n1', 'call:n2'],
    end: { by: 'program', entry: null },
    marks: [
      { line: 1, kind: 'call', index: 0, isCertain: false },
      { line: 1, kind: 'call', index: 1, isCertain: false },
      { line: 2, kind: 'output', index: -1, isCertain: false },
    ],
    events: [],
    errorText: null,
    modelSaw: [
      { at: 1000, callId: 'call-1', text: whole('so far') },
      { at: 1000, callId: 'call-2', text: whole('Script completed\nWall time 0.0 seconds\nOutput:\n2') },
    ],
    printed: whole('so far\n2'),
    hasLog: false,
  })
})

test('a call of an MCP tool has a guessed line, its input and its output', () => {
  const recording = ended('text(1)\nawait tools.mcp__files__read({ path: "a" })', '1', null)
  recording.tool(
    {
      tool_call_id: 'n1',
      requester: { type: 'code_cell', runtime_cell_id: '1' },
      kind: { type: 'mcp', server: 'files', tool: 'read' },
      summary: { type: 'generic', label: 'mcp__files.read', input_preview: null, output_preview: null },
    },
    { tool_name: 'read', payload: { type: 'function', arguments: '{"path":"a"}' } },
  )
  const value = { content: [{ type: 'text', text: 'found' }] }
  recording.toolEnd('n1', 'completed', { type: 'code_mode_response', value })
  const { entries, toolCalls } = makeViewData(bundleOf(recording))
  expect(entries.find(({ type }) => type === 'nested_call')).toMatchObject({ server: 'files', name: 'read' })
  expect(toolCalls).toEqual([
    {
      id: 'call:n1',
      kind: 'mcp',
      line: 2,
      input: whole('{"path":"a"}'),
      output: whole(JSON.stringify(value)),
      errorText: null,
    },
  ])
})

test.each([
  ['text(1)\nthrow new Error()', 'TypeError: deep\n    at exec_main.mjs:2:7', '1 output?, 2 error'],
  ['text(', 'SyntaxError: Unexpected end of input', '1 output?'],
  ['store("k", 1); throw "plain"', 'plain', '1 store?'],
])('the program %j that failed with %j has the marks "%s"', (source, error, marks) => {
  const { entries, cells } = makeViewData(bundleOf(ended(source, 'x', error)))
  const [cell] = cells
  expect([
    entries.find(({ type }) => type === 'cell')?.status,
    cell === undefined ? null : marksOf(cell),
    cell?.errorText,
  ]).toEqual(['failed', marks, whole(error)])
})

test('output that was truncated for the model is not taken for all of the output', () => {
  expect(makeViewData(bundleOf(ended('text(1)', 'a…12 tokens truncated…b', null))).cells[0]?.printed).toBe(null)
  expect(makeViewData(bundleOf(ended('text(1)', 'all', null))).cells[0]?.printed).toEqual(whole('all'))
})

test('the data of any trace is consistent with its state', () => {
  fc.assert(
    fc.property(tracePlans(fc.constant('{"cell_id":"1"}')), (plan) => {
      const recording = recordPlan(plan)
      expectConsistent(makeViewData(bundleOf(recording)), recording.reduce())
    }),
    { numRuns: 5 },
  )
})
