import { expect, test } from 'vitest'
import { type TraceBundle } from '../../../src/trace.ts'
import type { ConversationItem, TraceState } from '../../../src/trace-format.ts'
import { anyItems } from './any-items.ts'
import { recordRequests } from './record-requests.ts'
import { callUntyped, reduced, startRecorder } from './recorded.ts'

function itemsOf(state: TraceState): readonly ConversationItem[] {
  return Object.values(state.conversation_items)
}

/** Returns the text of everything that the bundle has about requests and responses. */
function recordedText(bundle: TraceBundle, state: TraceState): string {
  return Object.values(state.raw_payloads)
    .filter(({ kind }) => /inference|checkpoint/.test(kind.type))
    .map((reference) => JSON.stringify(bundle.payloads.read(reference)))
    .join('\n')
}

test.each(Object.entries(anyItems))('a trace with %s reduces, and contains it', async (_, item) => {
  const recorder = startRecorder()
  recordRequests(recorder, item)
  await recorder.close()
  const { state, bundle } = reduced(recorder.directory)
  expect(
    Object.values(state.inference_calls)
      .map(({ execution }) => execution.status)
      .toSorted(),
  ).toEqual(['cancelled', 'completed', 'completed', 'failed'])
  expect(itemsOf(state).length).toBeGreaterThan(0)
  if (JSON.stringify(Object(item)['content'] ?? null)?.includes('Hello')) {
    expect(recordedText(bundle, state)).toContain('Hello')
  }
})

test('items without a type have their text in the conversation', async () => {
  const recorder = startRecorder()
  const turn = recorder.rootThread.startTurn()
  const request = {
    input: [
      { role: 'user', content: 'Add.' },
      { role: 'assistant', content: ['Added.'] },
    ],
  }
  turn.startInference({ model: 'm', provider: 'p', request })
  await recorder.close()
  const texts = itemsOf(reduced(recorder.directory).state).map(({ role, body }) => [role, body.parts])
  expect(texts).toEqual([
    ['user', [{ type: 'text', text: 'Add.' }]],
    ['assistant', [{ type: 'text', text: 'Added.' }]],
  ])
})

test('an item that returns in a later request is the same item', async () => {
  const recorder = startRecorder()
  const turn = recorder.rootThread.startTurn()
  const items = Object.values(anyItems)
  for (let request = 0; request < 2; request++) {
    turn.startInference({ model: 'm', provider: 'p', request: { input: items } }).complete({ outputItems: [] })
  }
  await recorder.close()
  const { state } = reduced(recorder.directory)
  const [first, second] = Object.values(state.inference_calls).map(({ request_item_ids: ids }) => ids)
  expect(first).toEqual(second)
  expect(first).toHaveLength(items.length)
})

test.each([
  ['a string', 'Hello', 1],
  ['nothing', undefined, 0],
  ['null', null, 0],
  ['one item', { role: 'user', content: 'Hello' }, 1],
])('the input of a request can be %s', async (_, input, count) => {
  const recorder = startRecorder()
  const turn = recorder.rootThread.startTurn()
  const request: Record<string, unknown> = { input, stream: true }
  request['self'] = request
  // A caller in JavaScript can pass any request.
  callUntyped(turn, 'startInference', { model: 'm', provider: 'p', request })
  await recorder.close()
  expect(itemsOf(reduced(recorder.directory).state)).toHaveLength(count)
})

test('errors, reasons and counts of any type are recorded', async () => {
  const recorder = startRecorder()
  const turn = recorder.rootThread.startTurn()
  const start = { model: 'm', provider: 'p', request: { input: [] } }
  const failed = turn.startInference(start)
  callUntyped(failed, 'fail', new Error('overloaded'))
  const cancelled = turn.startInference(start)
  callUntyped(cancelled, 'cancel')
  const usage = { inputTokens: Number.NaN, outputTokens: 2.5, cachedInputTokens: -1 }
  turn.startInference(start).complete({ outputItems: [], usage })
  await recorder.close()
  const { state, bundle } = reduced(recorder.directory)
  expect(Object.values(state.inference_calls).map((inference) => inference.usage)).toContainEqual({
    input_tokens: 0,
    cached_input_tokens: 0,
    cache_write_input_tokens: 0,
    output_tokens: 2,
    reasoning_output_tokens: 0,
  })
  const errors = [...bundle.events()].flatMap(({ payload }) =>
    payload.type === 'inference_failed'
      ? [payload.error]
      : payload.type === 'inference_cancelled'
        ? [payload.reason]
        : [],
  )
  expect(errors).toEqual(['overloaded', 'null'])
})
