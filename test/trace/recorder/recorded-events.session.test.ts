import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { createCodeModeTools, createSession, type Tool } from '../../../src/index.ts'
import { createTraceRecorder, openTraceBundle } from '../../../src/trace.ts'
import type { RawEvent, RawPayload } from '../../../src/trace-format.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { record, type Recorded } from './recorded.ts'

const echo: Tool = { name: 'echo', call: (input) => input }

/** Returns the events of calls and cells in order, each with its type, its id or name, and its outcome. */
function work(events: Iterable<RawEvent>): string[] {
  const names = new Map<string, string>()
  const callOf = (id: string): string => names.get(id) ?? id
  return [...events].flatMap(({ payload }): string[] => {
    switch (payload.type) {
      case 'tool_call_started':
        names.set(payload.tool_call_id, payload.kind.name ?? payload.kind.type)
        return [`call ${callOf(payload.tool_call_id)} of ${payload.requester.type}`]
      case 'tool_call_ended':
        return [`${callOf(payload.tool_call_id)} ${payload.status}`]
      case 'code_cell_started':
        return [`cell ${payload.runtime_cell_id}`]
      case 'code_cell_initial_response':
        return [`first response of ${payload.runtime_cell_id}: ${payload.status}`]
      case 'code_cell_ended':
        return [`${payload.runtime_cell_id} ${payload.status}`]
      default:
        return []
    }
  })
}

function only<Type extends RawPayload['type']>(
  { bundle }: Recorded,
  type: Type,
): Extract<RawPayload, { readonly type: Type }>[] {
  const isWanted = (payload: RawPayload): payload is Extract<RawPayload, { readonly type: Type }> =>
    payload.type === type
  return [...bundle.events()].map(({ payload }) => payload).filter(isWanted)
}

test('a bundle has the files and the envelopes of the format', async () => {
  const recorded = await record({}, ({ model }) => model.exec.call('text("a")'))
  const { bundle, directory } = recorded
  const { trace_id: traceId, root_thread_id: threadId } = bundle.manifest
  expect(readdirSync(directory).toSorted()).toEqual(['cells', 'manifest.json', 'payloads', 'trace.jsonl'])
  expect(basename(directory)).toBe(`trace-${traceId}-${threadId}`)
  expect(bundle.manifest).toEqual({
    schema_version: 3,
    trace_id: expect.stringMatching(/^[\da-f-]{36}$/),
    rollout_id: threadId,
    root_thread_id: threadId,
    started_at_unix_ms: expect.any(Number),
    raw_event_log: 'trace.jsonl',
    payloads_dir: 'payloads',
  })
  const events = [...bundle.events()]
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  expect(new Set(events.map(({ rollout_id: id }) => id))).toEqual(new Set([threadId]))
  const types = events.map(({ payload }) => payload.type)
  expect([types.slice(0, 3), types.slice(-3)]).toEqual([
    ['rollout_started', 'thread_started', 'codex_turn_started'],
    ['thread_ended', 'rollout_ended', 'recording_completed'],
  ])
})

test('a cell that completes at once has both responses, and a source without the pragma', async () => {
  const recorded = await record({}, ({ model }) =>
    model.exec.call('// @exec: {"max_output_tokens": 900}\ntext("a")', { callId: 'call-1' }),
  )
  expect(work(recorded.bundle.events())).toEqual([
    'call exec of model',
    'cell 1',
    'first response of 1: completed',
    '1 completed',
    'exec completed',
  ])
  expect(only(recorded, 'code_cell_started')).toMatchObject([
    { runtime_cell_id: '1', model_visible_call_id: 'call-1', source_js: 'text("a")' },
  ])
  const responses = [...only(recorded, 'code_cell_initial_response'), ...only(recorded, 'code_cell_ended')]
  expect(responses).toHaveLength(2)
  for (const { response_payload: reference } of responses) {
    expect(reference?.kind).toEqual({ type: 'tool_result' })
    expect(reference && recorded.bundle.payloads.read(reference)).toMatchObject({
      response: { Result: { cell_id: '1', content_items: [{ type: 'input_text', text: 'a' }] } },
    })
  }
})

test('a cell that yields twice has one first response, and ends before its last wait', async () => {
  const recorded = await record({}, async ({ model }) => {
    await model.exec.call('yield_control(); await new Promise(() => {})')
    await model.wait.call({ cell_id: '1', yield_time_ms: 0 })
    await model.wait.call({ cell_id: '1', terminate: true })
  })
  expect(work(recorded.bundle.events())).toEqual([
    'call exec of model',
    'cell 1',
    'first response of 1: yielded',
    'exec completed',
    'call wait of model',
    'wait completed',
    'call wait of model',
    '1 terminated',
    'wait completed',
  ])
})

test('a nested call has its cell, its input and its output', async () => {
  const recorded = await record({ tools: [echo] }, ({ model }) => model.exec.call('await tools.echo({ a: 1 })'))
  const [, nested] = only(recorded, 'tool_call_started')
  expect(nested).toMatchObject({
    tool_call_id: expect.stringMatching(/^exec-[\da-f-]{36}$/),
    model_visible_call_id: null,
    code_mode_runtime_tool_id: 'tool-1',
    requester: { type: 'code_cell', runtime_cell_id: '1' },
    kind: { type: 'other', name: 'echo' },
  })
  const invocation = nested?.invocation_payload ?? null
  expect(invocation && recorded.bundle.payloads.read(invocation)).toEqual({
    tool_name: 'echo',
    tool_namespace: null,
    payload: { type: 'function', arguments: '{"a":1}' },
  })
  const [ended] = only(recorded, 'tool_call_ended')
  const result = ended?.result_payload ?? null
  expect(result && recorded.bundle.payloads.read(result)).toEqual({ type: 'code_mode_response', value: { a: 1 } })
})

test('many cells at the same time lose no event and no payload', async () => {
  const recorded = await record({ tools: [echo] }, async ({ model }) => {
    const program = 'await Promise.all(Array.from({ length: 25 }, (_, n) => tools.echo({ n })))'
    await Promise.all(Array.from({ length: 8 }, () => model.exec.call(program)))
  })
  const events = [...recorded.bundle.events()]
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  const nested = Object.values(recorded.state.tool_calls).filter(({ requester }) => requester.type === 'code_cell')
  expect(nested.map(({ execution }) => execution.status)).toEqual(Array.from({ length: 200 }, () => 'completed'))
  for (const reference of Object.values(recorded.state.raw_payloads)) {
    expect(recorded.bundle.payloads.has(reference)).toBe(true)
  }
})

test('an agent can record direct calls, a cancelled turn, and a child that ends first', async () => {
  const recorder = createTraceRecorder({ root: newFolder(), threadId: 'T1' })
  const turn = recorder.rootThread.startTurn('turn-1')
  const call = { name: 'echo', input: { type: 'function', arguments: '{}' } } as const
  turn.startToolCall({ callId: 'call-4', ...call }).end('completed', { type: 'function_call_output', output: 'x' })
  turn.startToolCall({ callId: 'call-5', ...call, name: 'nope' }).end('failed', { type: 'function_call_output' })
  const child = recorder.startThread({ threadId: 'T2', agentPath: '/first/child', parentThreadId: 'T1' })
  const hosts = sharedHosts('in-process')
  const session = await createSession({ hosts, listeners: [child.listen()] })
  await createCodeModeTools(session).exec.call('text(1)')
  await session.close()
  child.end()
  turn.end('cancelled')
  await recorder.close()
  const { events, payloads } = openTraceBundle(recorder.directory)
  const all = [...events()]
  expect(work(all)).toEqual([
    'call echo of model',
    'echo completed',
    'call nope of model',
    'nope failed',
    'call exec of model',
    'cell 1',
    'first response of 1: completed',
    '1 completed',
    'exec completed',
  ])
  const [first] = all.flatMap(({ payload }) => (payload.type === 'tool_call_ended' ? [payload.result_payload] : []))
  expect(first && payloads.read(first)).toMatchObject({ type: 'direct_response' })
  const ends = all.flatMap(({ payload }): string[] => {
    if (payload.type === 'thread_ended') return [`${payload.thread_id} ${payload.status}`]
    if (payload.type === 'codex_turn_ended') return [`turn ${payload.status}`]
    return payload.type === 'rollout_ended' ? [`rollout ${payload.status}`] : []
  })
  expect(ends).toEqual(['turn completed', 'T2 completed', 'turn cancelled', 'T1 completed', 'rollout completed'])
})
