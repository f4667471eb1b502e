import { expect, test } from 'vitest'
import { createCodeModeTools, createSession } from '../../../src/index.ts'
import { createTraceRecorder, type TraceSchema } from '../../../src/trace.ts'
import type { TraceState } from '../../../src/trace-format.ts'
import { childId, recordAgents, rootId } from './record-agents.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { reduced, startRecorder } from './recorded.ts'

const userMessage = { type: 'message', id: 'm1', role: 'user', content: [{ type: 'input_text', text: 'Add.' }] }

function itemsOf(state: TraceState): unknown[] {
  return Object.values(state.conversation_items).map(({ role, kind, call_id: callId, produced_by: producers }) => [
    role,
    kind,
    callId,
    producers.map(({ type }) => type),
  ])
}

test('an agent can record its own requests, and the conversation contains the cells', async () => {
  const hosts = sharedHosts('in-process')
  const recorder = createTraceRecorder({ root: newFolder(), threadId: 'agent', metadata: { model: 'm-1' } })
  const thread = recorder.rootThread
  const session = await createSession({ hosts, listeners: [thread.listen()] })
  const model = createCodeModeTools(session)
  const turn = thread.startTurn('turn-1')
  turn.acceptItem('m1')
  const first = turn.startInference({ model: 'm-1', provider: 'p', request: { input: [userMessage] } })
  const call = { type: 'custom_tool_call', id: 'c1', call_id: 'call-1', name: 'exec', input: 'text(1 + 1)' }
  const usage = { inputTokens: 100, cachedInputTokens: 20, outputTokens: 10, reasoningOutputTokens: 4 }
  first.complete({ outputItems: [call], responseId: 'r1', usage })
  first.fail('a second end changes nothing')
  turn.acceptItem('c1')
  const { items } = await model.exec.call(call.input, { callId: call.call_id })
  const output = { type: 'custom_tool_call_output', id: 'o1', call_id: 'call-1', output: items }
  const second = turn.startInference({
    model: 'm-1',
    provider: 'p',
    request: { previous_response_id: 'r1', input: [output] },
  })
  second.fail('overloaded')
  const third = turn.startInference({
    model: 'm-1',
    provider: 'p',
    request: { previous_response_id: 'r1', input: [output] },
  })
  third.cancel('not wanted any more')
  turn.end('cancelled')
  await session.close()
  await recorder.close('aborted')
  const { state } = reduced(recorder.directory)
  expect(Object.values(state.inference_calls).map((inference) => inference.execution.status)).toHaveLength(3)
  expect(new Set(Object.values(state.inference_calls).map(({ execution }) => execution.status))).toEqual(
    new Set(['completed', 'failed', 'cancelled']),
  )
  expect(Object.values(state.inference_calls).map((inference) => inference.usage)).toContainEqual({
    input_tokens: 100,
    cached_input_tokens: 20,
    cache_write_input_tokens: 0,
    output_tokens: 10,
    reasoning_output_tokens: 4,
  })
  expect(itemsOf(state).slice(0, 3)).toEqual([
    ['user', 'message', null, []],
    ['assistant', 'custom_tool_call', 'call-1', ['inference']],
    ['tool', 'custom_tool_call_output', 'call-1', ['tool', 'code_cell']],
  ])
  expect(state.code_cells['code_cell:call-1']).toMatchObject({
    codex_turn_id: 'turn-1',
    runtime_status: 'completed',
    source_js: 'text(1 + 1)',
  })
  expect(state.threads['agent']).toMatchObject({ default_model: 'm-1', execution: { status: 'aborted' } })
  expect([state.status, state.rollout_id]).toEqual(['aborted', 'agent'])
})

test('an agent can record threads, tools of agents, results and compactions', async () => {
  const recorder = createTraceRecorder({ root: newFolder(), threadId: rootId, traceId: 'trace' })
  recordAgents(recorder)
  await recorder.close()
  const { state } = reduced(recorder.directory)
  expect(Object.values(state.threads).map(({ thread_id: id, origin }) => [id, origin])).toEqual([
    [rootId, { type: 'root' }],
    [
      childId,
      {
        type: 'spawned',
        parent_thread_id: rootId,
        spawn_edge_id: `edge:spawn:${rootId}:${childId}`,
        task_name: 'count',
        agent_role: 'worker',
      },
    ],
  ])
  expect(Object.values(state.interaction_edges).map(({ edge_id: id, kind }) => [id, kind])).toEqual([
    [`edge:agent_result:${childId}:child-turn:${rootId}`, 'agent_result'],
    [`edge:spawn:${rootId}:${childId}`, 'spawn_agent'],
  ])
  expect(Object.values(state.compactions)).toMatchObject([{ compaction_id: 'compaction-1', thread_id: rootId }])
  expect(Object.values(state.compaction_requests).map(({ execution }) => execution.status)).toEqual([
    'failed',
    'completed',
  ])
  expect(Object.values(state.tool_calls).map(({ kind, execution }) => [kind.type, execution.status])).toEqual([
    ['spawn_agent', 'completed'],
  ])
})

test('a call between two turns gets its own turn', async () => {
  const hosts = sharedHosts('in-process')
  const recorder = createTraceRecorder({ root: newFolder() })
  const thread = recorder.rootThread
  const session = await createSession({ hosts, listeners: [thread.listen()] })
  const model = createCodeModeTools(session)
  const turn = thread.startTurn('first')
  await model.exec.call('text(1)', { callId: 'in-first' })
  turn.end()
  await model.exec.call('text(2)', { callId: 'between' })
  thread.startTurn('second')
  await model.exec.call('text(3)', { callId: 'in-second' })
  await session.close()
  await recorder.close()
  const { state } = reduced(recorder.directory)
  const turnOf = (callId: string): string => state.code_cells[`code_cell:${callId}`]?.codex_turn_id ?? ''
  expect([turnOf('in-first'), turnOf('in-second')]).toEqual(['first', 'second'])
  expect(Object.keys(state.codex_turns)).toHaveLength(3)
  expect(Object.keys(state.codex_turns)).toContain(turnOf('between'))
  expect(new Set(Object.values(state.codex_turns).map(({ execution }) => execution.status))).toEqual(
    new Set(['completed']),
  )
})

test.each<[TraceSchema]>([[2], [3]])('a wait belongs to the cell of its session in schema %i', async (schema) => {
  const hosts = sharedHosts('in-process')
  const recorder = startRecorder({ schema })
  await using first = await createSession({ hosts, listeners: [recorder.rootThread.listen()] })
  await using second = await createSession({ hosts, listeners: [recorder.rootThread.listen()] })
  for (const [name, session] of Object.entries({ first, second })) {
    const model = createCodeModeTools(session)
    await model.exec.call('yield_control(); await new Promise(() => {})', { callId: `exec-${name}` })
    await model.wait.call({ cell_id: '1', terminate: true }, { callId: `wait-${name}` })
    await model.wait.call({ cell_id: '1' }, { callId: `missing-${name}` })
  }
  await recorder.close()
  const { state } = reduced(recorder.directory)
  const waits = Object.values(state.code_cells).map(({ runtime_cell_id: id, wait_tool_call_ids: ids }) => [id, ids[0]])
  expect(waits).toEqual([
    ['1', 'wait-first'],
    ['1~2', 'wait-second'],
  ])
})
