import { expect, test } from 'vitest'
import { exportChromeTrace, exportJsonLines, exportOtlp, showTrace } from '../../../src/trace.ts'
import type { Tool } from '../../../src/index.ts'
import { spansOf } from '../../otel/receiver.ts'
import { record, type Recorded } from '../recorder/recorded.ts'
import { Recording } from '../recorder/recording.ts'
import { sourceOf } from '../small-trace.ts'

const failure = { content: [{ type: 'text', text: 'no such row' }], isError: true }
const tools: readonly Tool[] = [
  { name: 'find-row', namespace: 'mcp__db', server: 'db', call: () => failure },
  { name: 'echo', call: () => failure },
]

async function recorded(): Promise<Recorded> {
  return await record({ tools }, ({ model }) =>
    model.exec.call('await tools.mcp__db__find_row({}); await tools.echo()'),
  )
}

test('the result of an MCP tool with isError is an error in the show and in each export, with the name of the program', async () => {
  const { state, bundle } = await recorded()
  expect([...showTrace(state, bundle)].join('\n')).toMatch(/ {2}mcp__db__find_row \{\} ! no such row\n/)
  const rows = Array.from(exportJsonLines(state, bundle), (line) => JSON.parse(line))
  expect(rows.find(({ name }) => name === 'find-row')).toMatchObject({
    label: 'mcp__db__find_row',
    server: 'db',
    status: 'failed',
    output: JSON.stringify(failure),
    error: 'no such row',
  })
  const chrome = exportChromeTrace(state, bundle).traceEvents
  expect(chrome.find(({ name, ph }) => ph === 'b' && name === 'mcp__db__find_row')?.args).toMatchObject({
    status: 'failed',
    error: 'no such row',
  })
  const span = [...exportOtlp(state, bundle, { content: true })]
    .flatMap((request) => spansOf(JSON.parse(JSON.stringify(request))))
    .find(({ name }) => name === 'execute_tool find-row')
  expect(span?.status).toEqual({ code: 2, message: 'no such row' })
})

test('the result of a tool without a server is a value, whatever it contains', async () => {
  const { state } = await recorded()
  const calls = Object.values(state.tool_calls).filter(({ kind }) => kind.name === 'echo')
  expect(calls.map(({ execution }) => execution.status)).toEqual(['completed'])
})

test('an MCP error that a recorder completed is marked in the show and in OTLP', () => {
  const recording = new Recording().cell('call-1')
  recording.tool(
    {
      tool_call_id: 'n1',
      requester: { type: 'code_cell', runtime_cell_id: '1' },
      kind: { type: 'mcp', server: 'db', tool: 'find-row' },
      summary: { type: 'generic', label: 'mcp__db.find_row', input_preview: null, output_preview: null },
    },
    { tool_name: 'find_row', payload: { type: 'function', arguments: '{}' } },
  )
  recording.toolEnd('n1', 'completed', { type: 'code_mode_response', value: failure })
  const state = recording.reduce()
  expect([...showTrace(state, sourceOf(recording))].join('\n')).toMatch(/mcp__db__find_row \{\} ! no such row/)
  const spans = [...exportOtlp(state, sourceOf(recording))].flatMap((request) => spansOf(request))
  expect(spans.find(({ name }) => name === 'execute_tool find-row')?.status).toEqual({ code: 2 })
})
