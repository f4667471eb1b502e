import { expect, test } from 'vitest'
import type { RawEvent, RawPayload } from '../../../src/trace-format.ts'
import { errorFrom } from '../reducer/error-from.ts'
import type { Recording } from '../recorder/recording.ts'
import { smallTrace } from '../small-trace.ts'

// The results are those of the reference for logs with the same edits.

type Edit = (recording: Recording) => void

const indexOf = ({ events }: Recording, type: RawPayload['type'], nth = 0): number => {
  const [index] = events.flatMap(({ payload }, at) => (payload.type === type ? [at] : [])).slice(nth)
  if (index === undefined) throw new Error(`there is no event ${type}`)
  return index
}

const drop =
  (type: RawPayload['type'], nth = 0): Edit =>
  (recording) =>
    void recording.events.splice(indexOf(recording, type, nth), 1)

const repeat =
  (type: RawPayload['type'], nth = 0): Edit =>
  (recording) => {
    const index = indexOf(recording, type, nth)
    recording.events.splice(index, 0, ...recording.events.slice(index, index + 1))
  }

const change =
  (type: RawPayload['type'], event: object, payload: object = {}): Edit =>
  (recording) => {
    const index = indexOf(recording, type)
    const old = recording.events[index]
    recording.events.splice(
      index,
      1,
      Object.assign({}, old, event, { payload: Object.assign({}, old?.payload, payload) }),
    )
  }

const append =
  (payload: RawPayload): Edit =>
  ({ events }) => {
    const [first] = events
    if (first !== undefined) events.push({ ...first, thread_id: 'T1', codex_turn_id: 'turn-1', payload })
  }

function edited(...edits: readonly Edit[]): Recording {
  const recording = smallTrace()
  for (const edit of edits) edit(recording)
  const renumbered = recording.events.map((event, index): RawEvent => ({ ...event, seq: index + 1 }))
  recording.events.splice(0, Infinity, ...renumbered)
  return recording
}

/** Returns the paths at which two values differ, except counts of events and times. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  if (/_(?:seq|ms)$/.test(path) || JSON.stringify(before) === JSON.stringify(after)) return []
  const isBoth = typeof before === 'object' && typeof after === 'object' && before !== null && after !== null
  if (!isBoth) return [after === undefined ? `no ${path}` : `${path}: ${JSON.stringify(after)}`]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) =>
    differences(Object(before)[key], Object(after)[key], path === '' ? key : `${path}/${key}`),
  )
}

const threadEnded = (status: 'completed' | 'failed'): RawPayload => ({ type: 'thread_ended', thread_id: 'T1', status })

test.each<[what: string, edits: readonly Edit[], changes: readonly string[]]>([
  ['no rollout end', [drop('rollout_ended')], ['status: "running"']],
  ['an aborted rollout', [change('rollout_ended', {}, { status: 'aborted' })], ['status: "aborted"']],
  ['an unknown field', [change('code_cell_started', {}, { surprise: 1 })], []],
  [
    'a failed turn',
    [change('codex_turn_ended', {}, { status: 'failed' })],
    ['codex_turns/turn-1/execution/status: "failed"'],
  ],
  ['a repeated end of a turn', [repeat('codex_turn_ended')], []],
  [
    'no end of a request',
    [drop('inference_completed', 1)],
    [
      'no conversation_items/conversation_item:5',
      'inference_calls/i2/execution/status: "cancelled"',
      'inference_calls/i2/response_id: null',
      'no inference_calls/i2/response_item_ids/0',
      'no inference_calls/i2/tool_call_ids_started_by_response/0',
      'inference_calls/i2/raw_response_payload_id: null',
      'no code_cells/code_cell:call-3',
      'no tool_calls/call-3/started_code_cell_id',
      'no tool_calls/call-3/model_visible_call_item_ids/0',
      'no raw_payloads/raw_payload:15',
    ],
  ],
  ['a cell without a thread', [change('code_cell_started', { thread_id: null })], []],
  [
    'a cell of an unknown call',
    [change('code_cell_started', {}, { model_visible_call_id: 'nope' })],
    [
      'no conversation_items/conversation_item:4/produced_by/1',
      'no code_cells/code_cell:call-1',
      'no tool_calls/call-1/started_code_cell_id',
      'tool_calls/n1/requester/code_cell_id: "code_cell:nope"',
      'tool_calls/n2/requester/code_cell_id: "code_cell:nope"',
    ],
  ],
  ['a repeated first response', [repeat('code_cell_initial_response')], []],
  [
    'no first response',
    [drop('code_cell_initial_response')],
    [
      'code_cells/code_cell:call-1/initial_response_status: null',
      'code_cells/code_cell:call-1/raw_initial_response_payload_id: null',
      'no raw_payloads/raw_payload:8',
    ],
  ],
  ['a repeated end of a cell', [repeat('code_cell_ended')], []],
  [
    'no end of a cell',
    [drop('code_cell_ended')],
    [
      'code_cells/code_cell:call-1/execution/status: "running"',
      'code_cells/code_cell:call-1/runtime_status: "yielded"',
      'code_cells/code_cell:call-1/raw_result_payload_id: null',
      'no raw_payloads/raw_payload:12',
    ],
  ],
  [
    'a cell that runs at the end of a cancelled turn',
    [drop('code_cell_ended'), change('codex_turn_ended', {}, { status: 'cancelled' })],
    [
      'codex_turns/turn-1/execution/status: "cancelled"',
      'code_cells/code_cell:call-1/execution/status: "cancelled"',
      'code_cells/code_cell:call-1/runtime_status: "terminated"',
      'code_cells/code_cell:call-1/raw_result_payload_id: null',
      'no raw_payloads/raw_payload:12',
    ],
  ],
  [
    'a cell that runs at the end of an aborted turn',
    [drop('code_cell_ended'), change('codex_turn_ended', {}, { status: 'aborted' })],
    [
      'codex_turns/turn-1/execution/status: "aborted"',
      'code_cells/code_cell:call-1/execution/status: "cancelled"',
      'code_cells/code_cell:call-1/runtime_status: "terminated"',
      'code_cells/code_cell:call-1/raw_result_payload_id: null',
      'no raw_payloads/raw_payload:12',
    ],
  ],
  [
    'a cell that runs at the end of a failed turn',
    [drop('code_cell_ended'), change('codex_turn_ended', {}, { status: 'failed' })],
    [
      'codex_turns/turn-1/execution/status: "failed"',
      'code_cells/code_cell:call-1/execution/status: "failed"',
      'code_cells/code_cell:call-1/runtime_status: "failed"',
      'code_cells/code_cell:call-1/raw_result_payload_id: null',
      'no raw_payloads/raw_payload:12',
    ],
  ],
  ['a repeated end of a tool call', [repeat('tool_call_ended')], []],
  ['a tool call without a thread', [change('tool_call_started', { thread_id: null })], []],
  [
    'two ends of a thread',
    [append(threadEnded('completed')), append(threadEnded('failed'))],
    ['threads/T1/execution/status: "failed"'],
  ],
])('a log with %s reduces', (_, edits, changes) => {
  expect(differences(smallTrace().reduce(), edited(...edits).reduce())).toEqual(changes)
})

test('a log with a repeated response has the items of the response twice', () => {
  const { conversation_items: items } = edited(repeat('inference_completed')).reduce()
  expect(Object.values(items).map(({ kind, call_id: call }) => [kind, call])).toEqual([
    ['message', null],
    ['message', null],
    ['custom_tool_call', 'call-1'],
    ['message', null],
    ['custom_tool_call', 'call-1'],
    ['custom_tool_call_output', 'call-1'],
    ['custom_tool_call', 'call-3'],
  ])
})

const missing = {
  raw_payload_id: 'raw_payload:99',
  kind: { type: 'protocol_event' },
  path: 'payloads/99.json',
} as const
const runtime = { tool_call_id: 'nope', kind: null, runtime_payload: missing } as const

test.each<[message: string, edit: Edit]>([
  ['inference start i1 referenced unknown codex turn turn-1', drop('codex_turn_started')],
  ['trace event referenced unknown thread T1', drop('thread_started')],
  ['code-mode nested tool referenced unknown runtime cell 1 in thread T1', drop('code_cell_started')],
  [
    'code cell start code_cell:call-1 did not include a Codex turn id',
    change('code_cell_started', { codex_turn_id: null }),
  ],
  ['code cell start referenced unknown Codex turn nope', change('code_cell_started', { codex_turn_id: 'nope' })],
  ['tool call end referenced unknown call call-1', drop('tool_call_started')],
  [
    'cannot resume thread nope: it was not started in this trace; resuming threads from an earlier trace is not supported',
    append({ type: 'thread_resumed', thread_id: 'nope' }),
  ],
  [
    'MCP correlation referenced unknown tool call nope',
    append({ type: 'mcp_tool_call_correlation_assigned', tool_call_id: 'nope', mcp_call_id: 'm' }),
  ],
  ['tool runtime start referenced unknown call nope', append({ type: 'tool_call_runtime_started', ...runtime })],
  [
    'tool runtime end referenced unknown call nope',
    append({ type: 'tool_call_runtime_ended', ...runtime, status: 'completed' }),
  ],
  [
    'read payload raw_payload:99',
    append({ type: 'protocol_event_observed', event_type: 'other', event_payload: missing }),
  ],
  [
    'duplicate MCP correlation for tool call call-1',
    (recording) => {
      const correlated = { type: 'mcp_tool_call_correlation_assigned', tool_call_id: 'call-1' } as const
      append({ ...correlated, mcp_call_id: 'm1' })(recording)
      append({ ...correlated, mcp_call_id: 'm2' })(recording)
    },
  ],
  [
    'agent edge referenced unknown thread nope',
    append({
      type: 'agent_result_observed',
      edge_id: 'edge',
      child_thread_id: 'nope',
      child_codex_turn_id: 'turn',
      parent_thread_id: 'T1',
      message: 'done',
      carried_payload: null,
    }),
  ],
  ['trace event belongs to another rollout', change('code_cell_started', { rollout_id: 'other' })],
])('a log is rejected with: %s', (message, edit) => {
  expect(errorFrom(() => edited(edit).reduce())).toEqual({ code: 'TRACE_INVALID', message })
})
