import { expect, test } from 'vitest'
import { createSession, type Tool } from '../../../src/index.ts'
import type { CellLogLine, TraceState } from '../../../src/trace-format.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { record, type Recorded } from './recorded.ts'

const add: Tool = { name: 'add', call: (input) => JSON.stringify(input).length }
const fails: Tool = {
  name: 'fails',
  call() {
    throw new Error('no such thing')
  },
}
const asks: Tool = { name: 'asks', needsApproval: 'ask', call: () => 'asked' }

function cellsOf(state: TraceState): unknown[] {
  return Object.values(state.code_cells).map((cell) => ({
    id: cell.code_cell_id,
    cellId: cell.runtime_cell_id,
    status: cell.runtime_status,
    first: cell.initial_response_status,
    nested: cell.nested_tool_call_ids.map((id) => state.tool_calls[id]?.summary),
    waits: cell.wait_tool_call_ids,
    outputs: cell.output_item_ids.length,
  }))
}

function callsOf(state: TraceState): unknown[] {
  return Object.values(state.tool_calls)
    .toSorted((left, right) => left.execution.started_seq - right.execution.started_seq)
    .map(({ kind, requester, execution }) => [kind, requester.type, execution.status])
}

function linesOf({ bundle }: Recorded, cellId: string): CellLogLine[] {
  const found = [...bundle.cellLogs()].find(({ head }) => head.cell_id === cellId)
  return found === undefined ? [] : [...bundle.readCellLog(found.path)]
}

function observed({ bundle }: Recorded, type: string): unknown[] {
  return [...bundle.events()].flatMap(({ payload }) =>
    payload.type === 'protocol_event_observed' && payload.event_type === type
      ? [bundle.payloads.read(payload.event_payload)]
      : [],
  )
}

test('a recorder records a cell, its nested calls and its waits', async () => {
  const gate = new Gate()
  const recorded = await record({ tools: [add, fails, gate.tool] }, async ({ model }) => {
    const source =
      'text("one"); await tools.add({a: 1}); await tools.fails({}).catch(text); yield_control(); text(await tools.gate())'
    await model.exec.call(source, { callId: 'call-1' })
    await gate.called(1)
    await model.wait.call({ cell_id: '1', yield_time_ms: 0 }, { callId: 'call-2' })
    gate.open('open')
    await model.wait.call({ cell_id: '1' }, { callId: 'call-3' })
  })
  const { state, warnings } = recorded
  expect(warnings).toEqual([])
  const label = (name: string, input: string): object => ({
    type: 'generic',
    label: name,
    input_preview: input,
    output_preview: null,
  })
  expect(cellsOf(state)).toEqual([
    {
      id: 'code_cell:call-1',
      cellId: '1',
      status: 'completed',
      first: 'yielded',
      nested: [label('add', '{"a":1}'), label('fails', '{}'), label('gate', '{}')],
      waits: ['call-2', 'call-3'],
      outputs: 1,
    },
  ])
  expect(callsOf(state)).toEqual([
    [{ type: 'other', name: 'exec' }, 'model', 'completed'],
    [{ type: 'other', name: 'add' }, 'code_cell', 'completed'],
    [{ type: 'other', name: 'fails' }, 'code_cell', 'failed'],
    [{ type: 'other', name: 'gate' }, 'code_cell', 'completed'],
    [{ type: 'other', name: 'wait' }, 'model', 'completed'],
    [{ type: 'other', name: 'wait' }, 'model', 'completed'],
  ])
  expect([state.status, state.recording_status]).toEqual(['completed', 'complete'])
  const [first] = Object.values(state.threads)
  expect(state.started_at_unix_ms).toBeLessThanOrEqual(first?.execution.started_at_unix_ms ?? 0)
  const results = Object.values(state.tool_calls).map(({ raw_result_payload_id: id }) => {
    const reference = state.raw_payloads[id ?? '']
    return reference === undefined ? null : recorded.bundle.payloads.read(reference)
  })
  expect(results).toContainEqual({ type: 'code_mode_response', value: 'open' })
  expect(results).toContainEqual({ type: 'error', error: 'no such thing' })
})

test('a recorder records the inputs and events of a cell with their locations', async () => {
  const recorded = await record({ tools: [add] }, async ({ session }) => {
    await session.execute('store("k", 1)')
    await session.execute(
      'text(load("k"))\nconst n = await tools.add({})\n  text(n); await new Promise((go) => setTimeout(go, 0)); notify("x")',
    )
  })
  const lines = linesOf(recorded, '2').map(({ at: _at, ...line }) => line)
  const [run, ...rest] = lines
  expect(run).toMatchObject({ type: 'run', start: { seed: expect.any(Number), places: 'all' } })
  const values = run?.type === 'run' ? run.stored_values : []
  expect(values.map(([key, path]) => [key, recorded.bundle.readText(path)])).toEqual([['k', '1']])
  const event = (of: object, line?: number, column?: number): object => ({
    type: 'event',
    event: of,
    place: line === undefined ? null : { line, column },
  })
  expect(rest.filter(({ type }) => type !== 'notified')).toEqual([
    { ...event({ type: 'started' }), engine: expect.objectContaining({ name: 'v8', version: process.versions.v8 }) },
    event({ type: 'text', body: '1' }, 1, 1),
    event({ type: 'tool_call', id: 1, tool: 'add', body: '{}' }, 2, 23),
    { type: 'command', command: { type: 'tool_response', time: expect.any(Number), id: 1, body: '2' } },
    event({ type: 'text', body: '2' }, 3, 3),
    event({ type: 'timer_set', id: 1, delay: 0, time: expect.any(Number) }),
    { type: 'command', command: { type: 'timeout_fired', time: expect.any(Number), id: 1 } },
    event({ type: 'notify', body: 'x' }, 3, 58),
    event({ type: 'completed' }),
    { type: 'answered', status: 'completed' },
    { type: 'closed' },
  ])
  const [head] = [...recorded.bundle.cellLogs()].map((found) => found.head)
  expect(JSON.parse(recorded.bundle.readText(head?.catalogue ?? ''))).toMatchObject([{ name: 'add' }])
})

test('a program with its own prepareStackTrace does not see the recorder', async () => {
  const source = 'let n = 0; Error.prepareStackTrace = () => { n++; return "mine" }; text("a"); text(n)'
  const recorded = await record({}, async ({ session }) => {
    expect(await session.execute(source)).toMatchObject({
      items: [
        { type: 'input_text', text: 'a' },
        { type: 'input_text', text: '0' },
      ],
    })
  })
  expect(linesOf(recorded, '1').filter((line) => line.type === 'event' && line.place !== null)).toEqual([])
})

test('a program with types has two runs, the second without types', async () => {
  const recorded = await record({}, ({ model }) => model.exec.call('const n: number = 2\ntext(n)'))
  const runs = linesOf(recorded, '1').flatMap((line) => (line.type === 'run' ? [line.start.body] : []))
  expect(runs).toEqual(['const n: number = 2\ntext(n)', 'const n         = 2\ntext(n)'])
})

test('a recorder records calls that start no cell', async () => {
  const { state } = await record({ tools: [add] }, async ({ model }) => {
    await model.exec.call('// @exec: {"bad": 1}\ntext(1)').catch(() => undefined)
    await model.exec.call({ nothing: true }).catch(() => undefined)
    await model.exec.call('await tools.ad({})')
    await model.wait.call({ cell: 1 }).catch(() => undefined)
    await model.wait.call({ cell_id: '7' })
  })
  expect(callsOf(state)).toEqual([
    [{ type: 'other', name: 'exec' }, 'model', 'failed'],
    [{ type: 'other', name: 'exec' }, 'model', 'failed'],
    [{ type: 'other', name: 'exec' }, 'model', 'failed'],
    [{ type: 'other', name: 'wait' }, 'model', 'failed'],
    [{ type: 'other', name: 'wait' }, 'model', 'failed'],
  ])
  expect(cellsOf(state)).toEqual([])
})

test('a recorder records failures, terminations and abandoned calls', async () => {
  const gate = new Gate()
  const { state } = await record({ tools: [gate.tool] }, async ({ model, session }) => {
    await model.exec.call('text("x"); throw new Error("bad")', { callId: 'fails' })
    await model.exec.call('tools.gate(); yield_control(); await new Promise(() => {})', { callId: 'stopped' })
    await gate.called(1)
    await model.wait.call({ cell_id: '2', terminate: true }, { callId: 'stop' })
    const started = Promise.withResolvers<void>()
    const left = model.exec.call('tools.gate(); await new Promise(() => {})', {
      callId: 'left',
      onStarted: () => started.resolve(),
    })
    await started.promise
    await Promise.all([left, session.close()])
  })
  expect(cellsOf(state)).toMatchObject([
    { id: 'code_cell:fails', status: 'failed', first: 'failed' },
    { id: 'code_cell:left', status: 'terminated', first: 'terminated' },
    { id: 'code_cell:stopped', status: 'terminated', first: 'yielded', waits: ['stop'] },
  ])
  const gates = Object.values(state.tool_calls).filter(({ kind }) => kind.name === 'gate')
  expect(new Set(gates.map(({ execution }) => execution.status))).toEqual(new Set(['cancelled']))
  expect(Object.values(state.codex_turns).map(({ execution }) => execution.status)).toEqual(['completed'])
})

test('a call that its caller aborts is cancelled', async () => {
  const { state } = await record(
    { tools: [{ name: 'never', call: () => new Promise(() => undefined) }] },
    async ({ model }) => {
      const stop = new AbortController()
      const options = { callId: 'exec', signal: stop.signal, onStarted: () => stop.abort() }
      await model.exec.call('await tools.never({})', options).catch(() => undefined)
      await model.wait.call({ cell_id: '1' }, { callId: 'wait', signal: AbortSignal.abort() }).catch(() => undefined)
    },
  )
  expect([state.tool_calls['exec']?.execution.status, state.tool_calls['wait']?.execution.status]).toEqual([
    'cancelled',
    'cancelled',
  ])
})

test('a recorder records approvals, denials and notifications', async () => {
  const onRequest = ({ input }: { readonly input: unknown }): { type: 'allow' } | { type: 'deny'; reason: string } =>
    JSON.stringify(input) === '{}' ? { type: 'allow' } : { type: 'deny', reason: 'not this one' }
  const recorded = await record({ tools: [asks], approvals: { onRequest } }, ({ model }) =>
    model.exec.call('await tools.asks({}); await tools.asks({n: 1}).catch(text); notify("done")'),
  )
  const approvals = linesOf(recorded, '1').filter(({ type }) => type === 'approval')
  expect(approvals).toMatchObject([
    { call: 'tool-1', allowed: null },
    { call: 'tool-1', allowed: true },
    { call: 'tool-2', allowed: null },
    { call: 'tool-2', allowed: false, reason: 'not this one' },
  ])
  expect(observed(recorded, 'codecell.approval')).toHaveLength(4)
  expect(observed(recorded, 'codecell.notification')).toEqual([
    {
      type: 'codecell.notification',
      thread_id: recorded.state.root_thread_id,
      cell_id: '1',
      text: 'done',
      result: 'delivered',
    },
  ])
})

test('a nested call is recorded after its cell, and a cell after its call', async () => {
  const recorded = await record({ tools: [add] }, async ({ model }) => {
    await Promise.all(Array.from({ length: 8 }, () => model.exec.call('await Promise.all([1,2,3].map(tools.add))')))
  })
  const started = new Set<string>()
  for (const { payload } of recorded.bundle.events()) {
    if (payload.type === 'tool_call_started') {
      if (payload.requester.type === 'code_cell') expect(started).toContain(`cell ${payload.requester.runtime_cell_id}`)
      started.add(`call ${payload.tool_call_id}`)
    }
    if (payload.type === 'code_cell_started') {
      expect(started).toContain(`call ${payload.model_visible_call_id}`)
      started.add(`cell ${payload.runtime_cell_id}`)
    }
  }
  expect(cellsOf(recorded.state)).toHaveLength(8)
})

test('a bundle reduces when ids come twice, from a model or from two sessions', async () => {
  const { state } = await record({}, async ({ model, session, recorder }) => {
    await model.exec.call('text(1)', { callId: 'same' })
    await model.exec.call('text(2)', { callId: 'same' })
    await session.execute('text(3)', { callId: 'same' })
    await using other = await createSession({
      hosts: sharedHosts('in-process'),
      listeners: [recorder.rootThread.listen()],
    })
    await other.execute('text(4)')
  })
  expect(Object.values(state.code_cells).map((cell) => [cell.runtime_cell_id, cell.runtime_status])).toHaveLength(4)
  expect(new Set(Object.values(state.code_cells).map(({ runtime_cell_id: id }) => id))).toEqual(
    new Set(['1', '2', '3', '1~2']),
  )
})

test('a tool can have any name, also one with a meaning in traces', async () => {
  const names = [
    'exec_command',
    'write_stdin',
    'apply_patch',
    'spawn_agent',
    'send_message',
    'close_agent',
    '__proto__',
  ]
  const tools = names.map((name): Tool => ({ name, call: () => ({}) }))
  const inNamespace: Tool[] = [
    { name: 'wait', namespace: 'mcp__x', server: 'x', call: () => 1 },
    { name: 'wait', namespace: 'y', call: () => 1 },
  ]
  const { state } = await record({ tools: [...tools, ...inNamespace] }, ({ model }) =>
    model.exec.call('for (const { name } of ALL_TOOLS) await tools[name]({ cell_id: 5, session_id: [] })'),
  )
  const kinds = Object.values(state.tool_calls).map(({ kind }) => kind)
  expect(kinds).toContainEqual({ type: 'mcp', server: 'x', tool: 'wait' })
  expect(kinds).toContainEqual({ type: 'other', name: 'y__wait' })
  expect(new Set(kinds.map(({ type }) => type))).toEqual(new Set(['other', 'mcp']))
  expect(kinds).toHaveLength(1 + names.length + inNamespace.length)
})
