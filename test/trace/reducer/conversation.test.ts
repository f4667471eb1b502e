import { describe, expect, test } from 'vitest'
import { assistant, Recording, user } from '../recorder/recording.ts'

const named = (item: object, id: string): object => ({ ...item, id })
const item = (number: number): string => `conversation_item:${number}`
const accept = (recording: Recording, id: string): Recording =>
  recording.add({ type: 'history_item_accepted', item_id: id })

describe('reduceTrace() and the items of a conversation', () => {
  test.each<[string, readonly object[], readonly object[], string[]]>([
    ['the same text twice is two items', [user('go')], [user('go'), user('go')], [item(1), item(2)]],
    ['an item that moved is found again', [user('1'), user('2')], [user('2')], [item(2)]],
    ['ids tell equal items apart', [named(user('go'), 'a')], [named(user('go'), 'b')], [item(2)]],
    ['a missing id tells nothing apart', [named(user('go'), 'a')], [user('go')], [item(1)]],
    ['an id with other content is another item', [named(user('1'), 'a')], [named(user('2'), 'a')], [item(2)]],
  ])('two requests are compared: %s', (_, first, second, expected) => {
    const state = new Recording().inference('i1', first, []).inference('i2', second, []).reduce()
    expect(state.inference_calls['i2']?.request_item_ids).toEqual(expected)
  })

  test('the items of an incremental request follow those of the response that it builds on', () => {
    const state = new Recording()
      .inference('i1', [user('1')], [assistant('a')])
      .inference('i2', [user('2')], [], { previous_response_id: 'response-i1' })
      .reduce()
    expect(state.inference_calls['i2']?.request_item_ids).toEqual([item(1), item(2), item(3)])
  })

  test('a reasoning item keeps its readable content and is compared by its encrypted content', () => {
    const sealed = { type: 'reasoning', encrypted_content: 'E' }
    const state = new Recording()
      .inference('i1', [user('go')], [{ ...sealed, summary: [{ type: 'summary_text', text: 's' }] }])
      .inference('i2', [user('go'), { ...sealed, content: [{ type: 'reasoning_text', text: 't' }] }], [])
      .reduce()
    expect(state.conversation_items[item(2)]?.body.parts).toEqual([
      { type: 'text', text: 't' },
      { type: 'summary', text: 's' },
      { type: 'encoded', label: 'encrypted_content', value: 'E' },
    ])
  })

  test('the items of a response belong to the thread once they are accepted', () => {
    const recording = new Recording().inference('i1', [user('go')], [named(assistant('a'), 'm'), assistant('lost')])
    const threadItems = (): unknown => recording.reduce().threads['T1']?.conversation_item_ids
    expect(threadItems()).toEqual([item(1)])
    accept(recording, 'm')
    expect(threadItems()).toEqual([item(1), item(2)])
  })

  test('the items of a response belong to the thread at once in schema 1', () => {
    const state = new Recording(1).inference('i1', [user('go')], [assistant('a')]).reduce()
    expect([state.schema_version, state.threads['T1']?.conversation_item_ids]).toEqual([1, [item(1), item(2)]])
  })

  test('the request after a compaction is compared with the items of the compaction', () => {
    const recording = new Recording().inference('i1', [user('1')], [assistant('a')])
    recording.add({
      type: 'compaction_installed',
      compaction_id: 'C',
      checkpoint_payload: recording.payload('compaction_checkpoint', {
        input_history: [user('1'), assistant('a')],
        replacement_history: [user('1'), assistant('summary')],
      }),
    })
    const state = recording.inference('i2', [user('1'), assistant('summary'), user('2')], []).reduce()
    expect(state.compactions['C']).toMatchObject({
      marker_item_id: item(3),
      input_item_ids: [item(1), item(2)],
      replacement_item_ids: [item(4), item(5)],
    })
    expect(state.inference_calls['i2']?.request_item_ids).toEqual([item(4), item(5), item(6)])
  })

  test('a compaction adds a marker without content and the items that it produced', () => {
    const recording = new Recording().inference('i1', [user('1')], [])
    const checkpoint = { input_history: [user('1')], replacement_history: [user('1')] }
    const reference = recording.payload('compaction_checkpoint', checkpoint)
    recording.add({ type: 'compaction_installed', compaction_id: 'C', checkpoint_payload: reference })
    const { conversation_items: items } = recording.reduce()
    const told = [2, 3].map((number) => items[item(number)])
    expect(told.map((found) => [found?.kind, found?.body.parts, found?.produced_by])).toEqual([
      ['compaction_marker', [], [{ type: 'compaction', compaction_id: 'C' }]],
      ['message', [{ type: 'text', text: '1' }], [{ type: 'compaction', compaction_id: 'C' }]],
    ])
  })

  test('the items of a late response are kept, and the request keeps its status', () => {
    const state = new Recording()
      .request('i1', { input: [user('go')] })
      .add({ type: 'codex_turn_ended', codex_turn_id: 'turn-1', status: 'cancelled' })
      .response('i1', { output_items: [assistant('late')] })
      .reduce()
    expect(state.inference_calls['i1']).toMatchObject({
      execution: { status: 'cancelled', ended_seq: 5 },
      response_item_ids: [item(2)],
    })
  })
})

test.each([
  ['completed', 'cancelled'],
  ['cancelled', 'cancelled'],
  ['failed', 'failed'],
  ['aborted', 'aborted'],
] as const)('a request that runs when its turn is %s is %s', (turnStatus, status) => {
  const state = new Recording()
    .request('i1', { input: [user('go')] })
    .add({ type: 'codex_turn_ended', codex_turn_id: 'turn-1', status: turnStatus })
    .reduce()
  expect(state.inference_calls['i1']?.execution).toMatchObject({ status, ended_seq: 5 })
})
