import type { ThreadRecorder, ToolCallStart, TraceRecorder, TurnRecorder } from '../../../src/trace.ts'

const rootPath = '/root'
const childPath = `${rootPath}/worker`
const childId = '00000000-0000-7000-8000-0000000000b2'

const user = (text: string): object => ({ role: 'user', content: text })
const call = (id: string, name: string, args: string): object => ({
  type: 'function_call',
  id: `item-${id}`,
  call_id: id,
  name,
  arguments: args,
})
const output = (id: string, text: string): object => ({ type: 'function_call_output', call_id: id, output: text })
const letter = (text: string): object => ({
  type: 'agent_message',
  author: rootPath,
  recipient: childPath,
  content: [{ type: 'input_text', text }],
})

type Sent = {
  readonly id: string
  readonly kind: 'spawn_agent' | 'assign_agent_task' | 'send_message' | 'close_agent'
  readonly text: string
}

/** The calls of the root agent that reach the child, in order. */
const sent: readonly Sent[] = [
  { id: 'c1', kind: 'spawn_agent', text: 'Count the files.' },
  { id: 'c2', kind: 'send_message', text: 'Skip the folders.' },
  { id: 'c3', kind: 'assign_agent_task', text: 'Count the lines too.' },
  { id: 'c4', kind: 'close_agent', text: 'Stop.' },
]

/**
 * Records an agent that spawns another, sends it a message and a task, waits for it and closes it, all as calls of the model.
 * The child is cancelled in its second turn.
 */
export function recordAgentMessages(recorder: TraceRecorder): void {
  const root = recorder.rootThread
  const turn = root.startTurn('root-turn')
  const items: object[] = [user('Go.')]
  const child = recorder.startThread({
    threadId: childId,
    agentPath: childPath,
    parentThreadId: root.threadId,
    nickname: 'Ada',
  })
  for (const one of sent) makeCall(turn, items, one)
  const waited = call('c5', 'wait_agent', '{"timeout_ms":5}')
  request(turn, items, [waited])
  items.push(waited, output('c5', 'timed out'))
  turn
    .startToolCall({ ...startOf('c5', '{"timeout_ms":5}'), kind: 'wait_agent' })
    .end('cancelled', output('c5', 'timed out'))
  recordChild(child)
  turn.acceptItem({ type: 'function_call_output', id: 'output-c5', call_id: 'c5', output: 'timed out' })
  turn.end('completed')
}

function startOf(callId: string, args: string): ToolCallStart {
  return { callId, name: `name_of_${callId}`, input: { type: 'function', arguments: args } }
}

function makeCall(turn: TurnRecorder, items: object[], { id, kind, text }: Sent): void {
  const args = JSON.stringify({ message: text })
  const made = call(id, kind, args)
  request(turn, items, [made])
  turn.acceptItem(`item-${id}`)
  const running = turn.startToolCall({ ...startOf(id, args), kind })
  running.reachedAgent(childId, childPath)
  running.end('completed', output(id, 'sent'))
  items.push(made, output(id, 'sent'))
}

function request(turn: TurnRecorder, input: readonly unknown[], outputItems: readonly unknown[]): void {
  const started = turn.startInference({ model: 'm', provider: 'p', request: { input: [...input] } })
  started.complete({ outputItems, usage: { inputTokens: 10, outputTokens: 2 } })
}

function recordChild(child: ThreadRecorder): void {
  const first = child.startTurn('child-turn-1')
  const history = [letter('Count the files.'), letter('Skip the folders.')]
  request(first, history, [
    { type: 'reasoning', id: 'r1', summary: [] },
    { role: 'assistant', content: 'Three.' },
  ])
  first.acceptItem('r1')
  first.end()
  const second = child.startTurn('child-turn-2')
  const more = [...history, { role: 'assistant', content: 'Three.' }, letter('Count the lines too.')]
  const running = second.startInference({ model: 'm', provider: 'p', request: { input: more } })
  running.cancel('interrupted', { outputItems: [{ role: 'assistant', content: 'Th' }], responseId: 'partial' })
  second.end('cancelled')
  child.end('aborted')
}
