import { describe, expect, test } from 'vitest'
import type { RawPayload } from '../../../src/trace-format.ts'
import { errorFrom } from './error-from.ts'
import { assistant, Recording, user } from '../recorder/recording.ts'

const command = { tool_call_id: 'e', model_visible_call_id: 'e', kind: { type: 'exec_command' } } as const
const process = { call_id: 'e', process_id: '7', command: ['ls', '-l'], cwd: '/work' }

function runtime(recording: Recording, id: string, end: 'completed' | 'failed' | null, payload: object): Recording {
  const reference = recording.payload('tool_runtime_event', payload)
  const event: RawPayload =
    end === null
      ? { type: 'tool_call_runtime_started', tool_call_id: id, kind: null, runtime_payload: reference }
      : { type: 'tool_call_runtime_ended', tool_call_id: id, status: end, runtime_payload: reference }
  return recording.add(event)
}

function writeStdin(recording: Recording, args: object): Recording {
  const payload = { type: 'function', arguments: JSON.stringify(args) }
  return recording.tool({ tool_call_id: 'w', kind: { type: 'write_stdin' } }, { tool_name: 'write_stdin', payload })
}

describe('reduceTrace() and terminals', () => {
  test('a command opens a terminal session, and writes to it are operations of the session', () => {
    const recording = runtime(new Recording().tool(command), 'e', null, process)
    runtime(recording, 'e', 'failed', { ...process, aggregated_output: 'listing', exit_code: 3 })
    const state = writeStdin(recording, { session_id: 7, chars: 'q' })
      .toolEnd('w', 'completed', { type: 'code_mode_response', value: { output: 'o', exit_code: 0, chunk_id: 'c' } })
      .reduce()
    const terminal = 'terminal_session:terminal_operation:1'
    expect(state.terminal_sessions[terminal]).toMatchObject({
      created_by_operation_id: 'terminal_operation:1',
      operation_ids: ['terminal_operation:1', 'terminal_operation:2'],
      execution: { status: 'running' },
    })
    expect(state.terminal_operations).toMatchObject({
      'terminal_operation:1': {
        terminal_id: terminal,
        request: { type: 'exec_command', display_command: 'ls -l', cwd: '/work' },
        execution: { status: 'failed' },
        result: { exit_code: 3, stdout: 'listing' },
      },
      'terminal_operation:2': {
        terminal_id: terminal,
        request: { type: 'write_stdin', stdin: 'q' },
        result: { exit_code: 0, stdout: 'o', chunk_id: 'c' },
      },
    })
    expect(state.tool_calls['e']?.summary).toEqual({ type: 'terminal', operation_id: 'terminal_operation:1' })
  })

  test('a terminal call is rejected when it starts a second operation', () => {
    const recording = runtime(new Recording().tool(command), 'e', null, process)
    expect(errorFrom(() => runtime(recording, 'e', null, process).reduce())).toEqual({
      code: 'TRACE_INVALID',
      message: 'tool runtime start would create a second terminal operation for e',
    })
  })

  test('a terminal operation cannot change its process', () => {
    const recording = runtime(new Recording().tool(command), 'e', null, process)
    expect(errorFrom(() => runtime(recording, 'e', 'completed', { ...process, process_id: '8' }).reduce())).toEqual({
      code: 'TRACE_INVALID',
      message: 'terminal operation terminal_operation:1 changed process id from 7 to 8',
    })
  })

  test('a write belongs to the session that the recorder names, not to the one that the model names', () => {
    const recording = runtime(new Recording().tool(command), 'e', null, process)
    const state = writeStdin(recording, { session_id: 99, chars: 'q' })
      .add({ type: 'stdin_target_resolved', tool_call_id: 'w', exec_tool_call_id: 'e' })
      .reduce()
    expect(Object.values(state.terminal_sessions).map(({ operation_ids }) => operation_ids)).toEqual([
      ['terminal_operation:1', 'terminal_operation:2'],
    ])
  })

  test('a command of an unknown form does not open a terminal session', () => {
    expect(errorFrom(() => runtime(new Recording().tool(command), 'e', null, {}).reduce())).toMatchObject({
      code: 'TRACE_INVALID',
    })
  })
})

/** A child T2 of T1, and a tool call of T1 about it. */
function withChild(kind: 'spawn_agent' | 'send_message' | 'close_agent', agent = 'T2'): Recording {
  const recording = new Recording().startThread('T2', 'turn-2')
  const payload = { type: 'function', arguments: '{"message":"do it"}' }
  recording.tool({ tool_call_id: 'k', kind: { type: kind } }, { tool_name: kind, payload })
  return runtime(recording, 'k', 'completed', { agent_thread_id: agent, kind: 'interacted' }).toolEnd('k')
}

function accept(
  recording: Recording,
  threadId: string,
  message: { author: string; recipient: string; text: string },
): Recording {
  const { author, recipient, text } = message
  const item = { type: 'agent_message', id: 'm', author, recipient, content: [{ type: 'input_text', text }] }
  const reference = recording.payload('protocol_event', item)
  return recording.add(
    { type: 'history_item_accepted', item_id: 'm', agent_message_payload: reference },
    threadId,
    null,
  )
}

describe('reduceTrace() and edges between agents', () => {
  test('the edge of a spawning call leads to the task, or to the thread when there is no task', () => {
    const recording = withChild('spawn_agent')
    const target = (): unknown => recording.reduce().interaction_edges['edge:spawn:T1:T2']?.target
    expect(target()).toEqual({ type: 'thread', thread_id: 'T2' })
    accept(recording, 'T2', { author: '/T1', recipient: '/T2', text: 'do it' })
    expect(target()).toEqual({ type: 'conversation_item', item_id: 'conversation_item:1' })
  })

  test('an edge has the payloads of its call', () => {
    const edge = withChild('spawn_agent').reduce().interaction_edges['edge:spawn:T1:T2']
    expect(edge?.carried_raw_payload_ids).toEqual(['raw_payload:1', 'raw_payload:2'])
  })

  test.each([
    ['do it', '/T2', 1],
    ['something else', '/T2', 0],
    ['do it', '/T9', 0],
  ])('the edge of a message waits for the item with the text %j to %s', (text, recipient, count) => {
    const state = accept(withChild('send_message'), 'T2', { author: '/T1', recipient, text }).reduce()
    expect(Object.keys(state.interaction_edges)).toHaveLength(count)
  })

  test('a closed agent has an edge when the agent is known', () => {
    expect(withChild('close_agent').reduce().interaction_edges).toMatchObject({
      'edge:tool:k': { target: { type: 'thread', thread_id: 'T2' } },
    })
    expect(withChild('close_agent', 'T9').reduce().interaction_edges).toEqual({})
  })

  test('the edge of a result leads from the last message of the child to the item of its parent', () => {
    const recording = withChild('spawn_agent')
      .request('i', { input: [user('x')] }, 'T2', 'turn-2')
      .response('i', { output_items: [assistant('answer')] })
      .add({
        type: 'agent_result_observed',
        edge_id: 'E',
        child_thread_id: 'T2',
        child_codex_turn_id: 'turn-2',
        parent_thread_id: 'T1',
        message: 'answer',
        carried_payload: null,
      })
    expect(recording.reduce().interaction_edges['E']).toBe(undefined)
    accept(recording, 'T1', { author: '/T2', recipient: '/T1', text: 'answer' })
    expect(recording.reduce().interaction_edges['E']).toMatchObject({
      kind: 'agent_result',
      source: { type: 'conversation_item', item_id: 'conversation_item:2' },
      target: { type: 'conversation_item', item_id: 'conversation_item:3' },
    })
  })
})

test('the id of a trace is that of its log, not that of its manifest', () => {
  const recording = new Recording().add({ type: 'rollout_started', trace_id: 'other', root_thread_id: 'T2' })
  expect(recording.reduce()).toMatchObject({ trace_id: 'other', root_thread_id: 'T2', rollout_id: 'T1' })
})

test('ids can be names of built-in members', () => {
  const state = new Recording()
    .startThread('__proto__', 'constructor')
    .tool({ tool_call_id: '__proto__', model_visible_call_id: 'toString' })
    .toolEnd('__proto__')
    .reduce()
  expect(Object.keys(state.threads)).toEqual(['T1', '__proto__'])
  expect(Object.keys(state.tool_calls)).toEqual(['__proto__'])
  expect(JSON.parse(JSON.stringify(state)).codex_turns.constructor.thread_id).toBe('__proto__')
})
