import { expect, test } from 'vitest'
import type { Tool } from '../../../src/index.ts'
import type { ToolRuntimeRecorder } from '../../../src/trace.ts'
import type { TraceState } from '../../../src/trace-format.ts'
import { callUntyped, record, startRecorder, reduced } from './recorded.ts'
import { recordNestedKinds, workerId } from './record-nested-kinds.ts'

async function recordedState(): Promise<TraceState> {
  const recorder = startRecorder()
  await recordNestedKinds(recorder)
  await recorder.close()
  return reduced(recorder.directory).state
}

test('nested calls have the kinds of their tools and the payloads of their runtimes', async () => {
  const state = await recordedState()
  const nested = Object.values(state.tool_calls)
    .filter(({ requester }) => requester.type === 'code_cell')
    .toSorted((left, right) => left.execution.started_seq - right.execution.started_seq)
  const seen = nested.map(({ kind, execution, raw_runtime_payload_ids: ids }) => [
    kind.type,
    execution.status,
    ids.length,
  ])
  expect(seen).toEqual([
    ['exec_command', 'completed', 2],
    ['write_stdin', 'completed', 0],
    ['apply_patch', 'completed', 2],
    ['web', 'completed', 1],
    ['image_generation', 'completed', 1],
    ['wait_agent', 'completed', 1],
    ['spawn_agent', 'completed', 1],
    ['assign_agent_task', 'completed', 1],
    ['send_message', 'completed', 1],
    ['close_agent', 'completed', 1],
    ['mcp', 'failed', 1],
  ])
  expect(nested.map(({ mcp_call_id: id }) => id).filter((id) => id !== null)).toEqual(['mcp-1'])
})

test('the commands of a cell have one terminal', async () => {
  const state = await recordedState()
  const operations = Object.values(state.terminal_operations)
  expect(operations.map(({ kind, execution, terminal_id: id }) => [kind, execution.status, id])).toEqual([
    ['exec_command', 'completed', 'terminal_session:terminal_operation:1'],
    ['write_stdin', 'completed', 'terminal_session:terminal_operation:1'],
  ])
  expect(operations.map(({ request, result }) => [request, result])).toMatchObject([
    [
      { command: ['bash', '-c', 'cat'], cwd: '/tmp' },
      { exit_code: 0, stdout: 'Hello' },
    ],
    [{ stdin: 'Hello' }, { exit_code: 0, stdout: 'Hello', chunk_id: 'c1' }],
  ])
})

test('the agents that a cell spawns, addresses and closes have edges', async () => {
  const state = await recordedState()
  const edges = Object.values(state.interaction_edges).map(({ kind, target }) => [kind, target])
  const worker = { type: 'thread', thread_id: workerId }
  expect(edges).toHaveLength(2)
  expect(edges).toEqual(
    expect.arrayContaining([
      ['spawn_agent', worker],
      ['close_agent', worker],
    ]),
  )
})

test.each<[string, (call: ToolRuntimeRecorder) => void]>([
  ['a command that starts twice', (call) => [1, 2].forEach(() => call.commandStarted({ command: 'ls', cwd: '/' }))],
  ['a command that ends without a start', (call) => call.commandEnded({ exitCode: null, output: '' })],
  [
    'a command of the wrong form',
    (call) => call.runtimeStarted({ command: 5, process_id: {} }, { type: 'exec_command' }),
  ],
  ['a large exit code', (call) => call.commandEnded({ exitCode: 0xc0000005, output: 'x' })],
  [
    'a process id that changes',
    (call) => {
      call.commandStarted({ command: [], cwd: '', processId: 1 })
      call.runtimeEnded('failed', { process_id: '2' })
    },
  ],
  [
    'a runtime without a payload',
    (call) => {
      call.runtimeStarted(undefined)
      call.runtimeEnded('cancelled', null)
    },
  ],
])('a trace with %s reduces', async (_, run) => {
  const recorder = startRecorder()
  const listener = recorder.rootThread.listen()
  const turn = recorder.rootThread.startTurn()
  run(turn.startToolCall({ callId: 'c', name: 'x', input: { type: 'custom', input: '' } }))
  expect(listener.callOf({ cellId: '1', callId: 'tool-1' })).toBe(null)
  await recorder.close()
  expect(Object.values(reduced(recorder.directory).state.tool_calls)).toHaveLength(1)
})

test('listen() rejects an unknown kind', () => {
  const { rootThread } = startRecorder()
  const listen = (kinds: unknown): unknown => callUntyped(rootThread, 'listen', { kinds })
  expect(() => listen({ shell: 'exec' })).toThrow(/Cannot record "shell" with its kind: expected one of exec_command, /)
  expect(() => listen({ shell: {} })).toThrow(/got undefined/)
})

test('a call that a cell makes after its turn belongs to the turn of the cell', async () => {
  const over = Promise.withResolvers<void>()
  const isLate = Promise.withResolvers<void>()
  const tools: Tool[] = [
    { name: 'wait_for_end', call: () => over.promise },
    { name: 'late', call: () => isLate.resolve() },
  ]
  const { state } = await record({ tools }, async ({ recorder, model }) => {
    const turn = recorder.rootThread.startTurn('turn-1')
    const source = 'yield_control(); await tools.wait_for_end({}); text(await tools.late({})); notify("late")'
    await model.exec.call(source, { callId: 'call-1' })
    turn.end()
    over.resolve()
    await isLate.promise
    recorder.rootThread.startTurn('turn-2')
    await model.wait.call({ cell_id: '1' }, { callId: 'call-2' })
  })
  expect(Object.keys(state.codex_turns)).toEqual(['turn-1', 'turn-2'])
  const turns = Object.values(state.tool_calls).map(({ kind, started_by_codex_turn_id: id }) => [kind.name, id])
  expect(turns).toContainEqual(['late', 'turn-1'])
  expect(turns).toContainEqual(['wait', 'turn-2'])
  expect(state.code_cells['code_cell:call-1']).toMatchObject({ codex_turn_id: 'turn-1', runtime_status: 'completed' })
})

test('a call that ends after its turn starts no turn', async () => {
  const over = Promise.withResolvers<void>()
  const { state } = await record(
    { tools: [{ name: 'wait_for_end', call: () => over.promise }] },
    async ({ recorder, model }) => {
      const turn = recorder.rootThread.startTurn('turn-1')
      const running = model.exec.call('await tools.wait_for_end({})', { callId: 'call-1' })
      turn.end('cancelled')
      over.resolve()
      await running
    },
  )
  expect(Object.keys(state.codex_turns)).toEqual(['turn-1'])
  expect(state.tool_calls['call-1']?.started_by_codex_turn_id).toBe('turn-1')
})
