import type { TraceRecorder } from '../../../src/trace.ts'

/** The paths of the root agent and of the agent that it spawns. */
const rootPath = '/root'
const childPath = `${rootPath}/count`

export const rootId = '00000000-0000-7000-8000-000000000001'
export const childId = '00000000-0000-7000-8000-000000000002'

const message = (id: string, role: string, text: string): object => ({
  type: 'message',
  id,
  role,
  content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }],
})

/** Records two agents: one spawns the other, gets its result, and has its history compacted. */
export function recordAgents(recorder: TraceRecorder): void {
  const root = recorder.rootThread
  const turn = root.startTurn('root-turn')
  const task = message('task', 'user', 'Count the files.')
  const inference = turn.startInference({ model: 'm', provider: 'p', request: { input: [task] } })
  const args = '{"task_name":"count","message":"Count."}'
  const call = { type: 'function_call', id: 'f1', call_id: 'spawn-1', name: 'spawn_agent', arguments: args }
  inference.complete({ outputItems: [call], responseId: 'r1' })
  turn.acceptItem('f1')
  const spawning = turn.startToolCall({
    callId: 'spawn-1',
    name: 'spawn_agent',
    kind: { type: 'spawn_agent' },
    input: { type: 'function', arguments: args },
  })
  const child = recorder.startThread({
    threadId: childId,
    agentPath: childPath,
    parentThreadId: rootId,
    role: 'worker',
    taskName: 'count',
  })
  spawning.reachedAgent(childId, childPath)
  spawning.end('completed', {
    type: 'function_call_output',
    call_id: 'spawn-1',
    output: JSON.stringify({ task_name: childPath }),
  })
  const childTurn = child.startTurn('child-turn')
  const counting = childTurn.startInference({
    model: 'm',
    provider: 'p',
    request: { input: [message('t2', 'user', 'Count.')] },
  })
  counting.complete({ outputItems: [message('a2', 'assistant', 'There are 3.')], responseId: 'r2' })
  childTurn.acceptItem('a2')
  childTurn.end()
  child.end()
  recorder.observeAgentResult({
    childThreadId: childId,
    childTurnId: 'child-turn',
    parentThreadId: rootId,
    message: 'There are 3.',
    payload: { child_agent_path: childPath, message: 'There are 3.', status: 'completed' },
  })
  const letter = { author: childPath, recipient: rootPath, content: 'There are 3.', trigger_turn: false }
  turn
    .startInference({
      model: 'm',
      provider: 'p',
      request: { previous_response_id: 'r1', input: [message('letter', 'assistant', JSON.stringify(letter))] },
    })
    .complete({ outputItems: [message('a1', 'assistant', 'Three files.')], responseId: 'r3' })
  const compaction = turn.startCompaction('compaction-1')
  const request = { model: 'm', input: [task] }
  compaction.startRequest({ model: 'm', provider: 'p', request }).fail('overloaded')
  compaction.startRequest({ model: 'm', provider: 'p', request }).complete({ output: [] })
  compaction.install({ input: [task], replacement: [message('s1', 'user', 'Files were counted: 3.')] })
  recorder.observe('note', { text: 'anything' })
}
