import { expect, test } from 'vitest'
import { createTraceRecorder, type TraceRecorder, type TurnRecorder } from '../../../src/trace.ts'
import type { InferenceCall, RawPayload, TraceState } from '../../../src/trace-format.ts'
import { newFolder } from '../../support/folder.ts'
import { reduced, startRecorder } from './recorded.ts'

const user = (text: string): object => ({ role: 'user', content: text })
const assistant = (text: string): object => ({ role: 'assistant', content: text })
const call = (callId: string, args = '{}', id?: string): object => ({
  type: 'function_call',
  call_id: callId,
  name: 'f',
  arguments: args,
  ...(id === undefined ? {} : { id }),
})
const output = (callId: string, text: string): object => ({
  type: 'function_call_output',
  call_id: callId,
  output: text,
})

/** Returns the ids of the parts of a request. */
function partsOf(event: RawPayload): readonly string[] {
  if (event.type !== 'inference_started') return []
  const { request_payload: reference } = event
  return 'shard' in reference ? (reference.parts ?? []).map(({ raw_payload_id: id }) => id) : []
}

async function stateOf(run: (turn: TurnRecorder, recorder: TraceRecorder) => void): Promise<TraceState> {
  const recorder = startRecorder()
  run(recorder.rootThread.startTurn('turn'), recorder)
  await recorder.close()
  return reduced(recorder.directory).state
}

function request(
  turn: TurnRecorder,
  input: readonly unknown[],
  previous?: unknown,
): ReturnType<TurnRecorder['startInference']> {
  const continued = previous === undefined ? {} : { previous_response_id: previous }
  return turn.startInference({ model: 'm', provider: 'p', request: { ...continued, input } })
}

/** Returns the texts of the items of each request, in the order of the requests. */
function requestsOf(state: TraceState): readonly (readonly string[])[] {
  const started = ({ execution }: InferenceCall): number => execution.started_seq
  return Object.values(state.inference_calls)
    .toSorted((left, right) => started(left) - started(right))
    .map(({ request_item_ids: ids }) =>
      ids.map((id) => {
        const part = state.conversation_items[id]?.body.parts[0]
        return part?.type === 'text' ? part.text : (part?.type ?? 'none')
      }),
    )
}

/** Returns the calls with their items, in the order of the calls. */
function callsOf(state: TraceState): readonly unknown[] {
  return Object.values(state.tool_calls)
    .toSorted((left, right) => left.execution.started_seq - right.execution.started_seq)
    .map((one) => [one.model_visible_call_item_ids.length, outputsOf(state, one.model_visible_output_item_ids)])
}

function outputsOf(state: TraceState, ids: readonly string[]): readonly unknown[] {
  return ids.flatMap((id) => state.conversation_items[id]?.body.parts ?? [])
}

const text = (value: string): object => ({ type: 'text', text: value })

test.each([
  [
    'failed',
    (turn: TurnRecorder, items: readonly unknown[]) =>
      request(turn, [user('a')]).fail('e', { outputItems: items, responseId: 'r1' }),
  ],
  [
    'cancelled',
    (turn: TurnRecorder, items: readonly unknown[]) =>
      request(turn, [user('a')]).cancel('c', { outputItems: items, responseId: 'r1' }),
  ],
])('a request that continues a %s response has all of its items', async (_, end) => {
  const state = await stateOf((turn) => {
    end(turn, [assistant('b')])
    request(turn, [user('c')], 'r1').fail('again', { outputItems: [assistant('d')], responseId: 'r2' })
    request(turn, [user('e')], 'r2').complete({ outputItems: [], responseId: 'r3' })
    request(turn, [user('f')], 'r3')
  })
  expect(requestsOf(state)).toEqual([['a'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c', 'd', 'e', 'f']])
})

test.each([
  ['of a response without an id', (turn: TurnRecorder) => request(turn, [user('a')]).complete({ outputItems: [] })],
  ['of a failed request', (turn: TurnRecorder) => request(turn, [user('a')]).fail('e')],
  ['of a running request', (turn: TurnRecorder) => request(turn, [user('a')])],
])('a request can continue the id %s', async (_, start) => {
  const state = await stateOf((turn) => {
    start(turn)
    request(turn, [user('b')], 'unknown')
  })
  expect(requestsOf(state)).toEqual([['a'], ['b']])
})

test.each([[null], [''], [5], [{}]])('a request can continue the id %j', async (previous) => {
  const state = await stateOf((turn) => void request(turn, [user('a')], previous))
  expect(requestsOf(state)).toEqual([['a']])
})

test('a request can continue the response of another thread', async () => {
  const state = await stateOf((turn, recorder) => {
    request(turn, [user('a')]).complete({ outputItems: [assistant('b')], responseId: 'r1' })
    const { threadId: parentThreadId } = recorder.rootThread
    const child = recorder.startThread({ threadId: crypto.randomUUID(), agentPath: '/root/child', parentThreadId })
    request(child.startTurn(), [user('c')], 'r1')
  })
  expect(requestsOf(state)).toEqual([['a'], ['c']])
})

test.each([[1], [4], ['3'], [null]])('a recorder rejects the schema %j', (schema) => {
  const start = (): unknown => Reflect.apply(createTraceRecorder, null, [{ root: newFolder(), schema }])
  expect(start).toThrow(/as option "schema" of createTraceRecorder: expected 2 or 3/)
})

test('the output of a tool is part of the conversation once the agent accepts it', async () => {
  const state = await stateOf((turn) => {
    request(turn, [user('go')]).complete({ outputItems: [call('c', '{}', 'i1')] })
    turn.acceptItem('i1')
    turn.acceptItem({ ...output('c', 'result'), id: 'o1' })
    turn.acceptItem({ ...user('next'), id: 'o2' })
  })
  const ids = Object.values(state.conversation_items).map((item) => [
    item.responses_item_id,
    item.accepted_seq !== undefined,
  ])
  expect(ids).toContainEqual(['o1', true])
  expect(Object.values(state.threads)[0]?.conversation_item_ids).toHaveLength(3)
})

test('a long item that many requests have is written once', async () => {
  const recorder = startRecorder()
  const turn = recorder.rootThread.startTurn()
  const long = user('x'.repeat(1000))
  const history: object[] = []
  for (let index = 0; index < 20; index++) {
    history.push(long, user(`short ${index}`), assistant(`${index} `.repeat(200)))
    request(turn, history).complete({ outputItems: [] })
  }
  await recorder.close()
  const { state, bundle } = reduced(recorder.directory)
  expect(requestsOf(state).map((items) => items.length)).toEqual(
    Array.from({ length: 20 }, (_, index) => 3 * index + 3),
  )
  const kinds = [...new Set([...bundle.events()].flatMap(({ payload }) => partsOf(payload)))]
  expect(kinds).toHaveLength(21)
})

test('each call has its own items when a model gives all of its calls the same id', async () => {
  const state = await stateOf((turn) => {
    const history: object[] = [user('go')]
    for (const [index, args] of ['{}', '{"a":1}', '{}', '{"a":1}'].entries()) {
      const made = call('call_1', args)
      request(turn, history).complete({ outputItems: [made] })
      const running = turn.startToolCall({ callId: 'call_1', name: 'f', input: { type: 'function', arguments: args } })
      running.end('completed', output('call_1', `result ${index}`))
      history.push(made, output('call_1', `result ${index}`))
    }
    request(turn, history)
  })
  expect(callsOf(state)).toEqual([0, 1, 2, 3].map((index) => [1, [text(`result ${index}`)]]))
  expect(requestsOf(state).at(-1)).toHaveLength(9)
})

test('calls of two threads with the same id have their own items', async () => {
  const state = await stateOf((turn, recorder) => {
    const { threadId: parentThreadId } = recorder.rootThread
    const child = recorder.startThread({ threadId: crypto.randomUUID(), agentPath: '/root/child', parentThreadId })
    for (const [index, one] of [turn, child.startTurn()].entries()) {
      request(one, [user('go')]).complete({ outputItems: [call('call_1')], responseId: `r${index}` })
      one.startToolCall({ callId: 'call_1', name: 'f', input: { type: 'function', arguments: '{}' } })
      request(one, [output('call_1', `result ${index}`)], `r${index}`)
    }
  })
  expect(callsOf(state)).toEqual([
    [1, [text('result 0')]],
    [1, [text('result 1')]],
  ])
})

test('a call that starts before its response is complete has its items', async () => {
  const state = await stateOf((turn) => {
    const inference = request(turn, [user('go')])
    turn.startToolCall({ callId: 'call_1', name: 'f', input: { type: 'function', arguments: '{ }' } })
    inference.complete({ outputItems: [call('call_1', '{ }')], responseId: 'r1' })
    request(turn, [user('go'), call('call_1', '{}'), output('call_1', 'result')])
  })
  expect(callsOf(state)).toEqual([[1, [text('result')]]])
})

test('a history with an edited call reduces', async () => {
  const state = await stateOf((turn) => {
    request(turn, [user('go')]).complete({ outputItems: [call('c', '{"a":1}')] })
    request(turn, [user('go'), call('c', '{"a":"cut"}'), output('c', 'result')])
    request(turn, [user('go'), call('c', '{"a":"cut"}'), output('c', 'cut')])
  })
  expect(requestsOf(state).map((items) => items.length)).toEqual([1, 3, 3])
})

test('a call of a response that failed belongs to its retry', async () => {
  const state = await stateOf((turn) => {
    request(turn, [user('go')]).fail('e', { outputItems: [call('c')] })
    request(turn, [user('go')]).complete({ outputItems: [call('c')] })
    turn.startToolCall({ callId: 'c', name: 'f', input: { type: 'function', arguments: '{}' } })
    request(turn, [user('go'), call('c'), output('c', 'result')])
  })
  expect(callsOf(state)).toEqual([[1, [text('result')]]])
})
