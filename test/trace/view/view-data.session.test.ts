import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeViewData, openTraceBundle, type ViewData, type ViewEntry } from '../../../src/trace.ts'
import { ViewTexts } from '../../../src/trace/view/bounded-texts.ts'
import { isRecord } from '../../../src/protocol/json.ts'
import { everyTool } from '../recorder/record-everything.ts'
import { record } from '../recorder/recorded.ts'
import { sampleBundle, traceId } from './write-sample.ts'

const whole = (text: string): { text: string; length: number } => ({ text, length: text.length })
const textNumber: unknown = expect.any(Number)
const span = { start: textNumber, end: textNumber }

/** Matches a response as the model sees it, with any wall time. */
function saw(status: string, output: string): unknown {
  const quoted = RegExp.escape(`${status}\nWall time {} seconds\nOutput:\n${output}`)
  return expect.stringMatching(new RegExp(`^Script ${quoted.replace(RegExp.escape('{}'), String.raw`\d+\.\d`)}$`))
}

/** Removes times, which are those of the clock. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      name === 'at' || name === 'span' ? [] : [[name, name === 'yields' ? [] : withoutTimes(member)]],
    ),
  )
}

/** Returns a completed entry of thread T1 as the data has it. */
function entry(fields: Pick<ViewEntry, 'type' | 'id' | 'parent' | 'name'> & Partial<ViewEntry>): unknown {
  return {
    thread: 'T1',
    cell: null,
    call: null,
    label: fields.name,
    server: null,
    status: 'completed',
    isError: false,
    usage: null,
    cost: null,
    failure: null,
    payloads: [],
    ...fields,
    ...span,
  }
}

function inference(id: string, payloads: readonly string[]): unknown {
  const fields = { parent: 'turn:turn-1', name: 'model', server: 'provider', payloads }
  return entry({ type: 'inference', id: `inference:${id}`, ...fields })
}

describe('makeViewData()', () => {
  test('the data has all contents of a bundle without cell logs, with guessed lines', () => {
    const items = [1, 2, 3, 4].map((number) => `conversation_item:${number}`)
    const usage = {
      input_tokens: 0,
      cached_input_tokens: 0,
      cache_write_input_tokens: 0,
      output_tokens: 0,
      reasoning_output_tokens: 0,
    }
    const sums = {
      requests: 2,
      requestsWithoutUsage: 2,
      cost: null,
      requestsWithoutPrice: 0,
      cells: 1,
      calls: 1,
      errors: 0,
    }
    const totals = { ...sums, usage }
    const answered = 'text(await tools.add({a: 1}))'
    expect(makeViewData(openTraceBundle(sampleBundle()))).toEqual({
      format: 3,
      traceId,
      rolloutId: 'T1',
      status: 'completed',
      span,
      isComplete: true,
      rootThreadId: 'T1',
      threads: [
        {
          id: 'T1',
          path: '/root',
          ...Object.fromEntries(['nickname', 'role', 'task', 'model', 'parent'].map((name) => [name, null])),
          status: 'completed',
          totals,
          ...span,
        },
      ],
      totals,
      prices: null,
      entries: [
        entry({ type: 'turn', id: 'turn:turn-1', parent: 'thread:T1', name: 'turn-1' }),
        inference('i1', ['raw_payload:1', 'raw_payload:2']),
        entry({
          type: 'cell',
          id: 'cell:code_cell:call-1',
          parent: 'turn:turn-1',
          cell: '1',
          call: 'call-1',
          name: 'exec',
          payloads: ['raw_payload:3', 'raw_payload:7', 'raw_payload:6'],
        }),
        entry({
          type: 'nested_call',
          id: 'call:exec-1',
          parent: 'cell:code_cell:call-1',
          cell: '1',
          call: 'tool-1',
          name: 'add',
          payloads: ['raw_payload:4', 'raw_payload:5'],
        }),
        inference('i2', ['raw_payload:8', 'raw_payload:9']),
      ],
      cells: [
        {
          id: 'cell:code_cell:call-1',
          end: { by: 'program', entry: null },
          yields: [],
          source: answered,
          nestedCallIds: ['call:exec-1'],
          marks: [
            { line: 1, kind: 'call', index: 0, isCertain: false },
            { line: 1, kind: 'output', index: -1, isCertain: false },
          ],
          events: [],
          errorText: null,
          modelSaw: [{ at: textNumber, callId: 'call-1', text: whole('2') }],
          printed: whole(''),
          hasLog: false,
        },
      ],
      toolCalls: [
        { id: 'call:exec-1', kind: 'other', line: 1, input: whole('{"a":1}'), output: whole('2'), errorText: null },
      ],
      items: [
        ['user', 'message', null, 'Sum up.', null],
        ['assistant', 'custom_tool_call', 'call-1', answered, 'commentary'],
        ['tool', 'custom_tool_call_output', 'call-1', '2', 'commentary'],
        ['assistant', 'message', null, 'Two.', 'final'],
      ].map(([role, kind, callId, text, channel]) => ({
        id: expect.any(String),
        threadId: 'T1',
        turnId: 'turn-1',
        at: textNumber,
        role,
        channel,
        kind,
        callId,
        name: callId === null ? null : 'exec',
        entry: callId === null ? null : 'cell:code_cell:call-1',
        author: null,
        recipient: null,
        text: whole(text ?? ''),
      })),
      requests: [
        { id: 'i1', kept: 0, rest: [items[0]], added: [items[0]], response: [items[1]] },
        { id: 'i2', kept: 2, rest: [items[2]], added: [items[2]], response: [items[3]] },
      ].map((request) => ({ ...request, threadId: 'T1', entry: `inference:${request.id}`, removed: 0 })),
      compactions: [],
      edges: [],
      unreduced: [],
      payloads: [
        'inference_request',
        'inference_response',
        'tool_invocation',
        'tool_invocation',
        'tool_result',
        'tool_result',
        'tool_result',
        'inference_request',
        'inference_response',
      ].map((kind, index) => ({ id: `raw_payload:${index + 1}`, kind, path: `payloads/${index + 1}.json` })),
      counts: { events: 20, payloads: 9 },
      problems: [],
    })
  })

  test('the log of a cell gives the line of each event', async () => {
    const { bundle } = await record({ tools: everyTool }, async ({ model }) => {
      const source = `text('one')
store('k', { a: 1 })
await tools.echo({ b: 2 })
notify('half'); yield_control()
await new Promise((go) => setTimeout(go, 1))
await tools.fails({}).catch(() => undefined)
throw new Error('bad')`
      await model.exec.call(source, { callId: 'call-1' })
      await model.wait.call({ cell_id: '1' }, { callId: 'call-2' })
    })
    const { entries, cells, toolCalls, problems } = makeViewData(bundle)
    const error = 'Error: bad\n    at exec_main.mjs:7:7'
    expect(problems).toEqual([])
    expect(cells.map(withoutTimes)).toEqual([
      {
        id: 'cell:code_cell:call-1',
        end: { by: 'program', entry: null },
        yields: [],
        source: cells[0]?.source,
        nestedCallIds: entries.filter(({ type }) => type === 'nested_call').map(({ id }) => id),
        marks: [
          { line: 1, kind: 'output', index: 0, isCertain: true },
          { line: 2, kind: 'store', index: 1, isCertain: true },
          { line: 3, kind: 'call', index: 0, isCertain: true },
          { line: 4, kind: 'notify', index: 2, isCertain: true },
          { line: 4, kind: 'yield', index: 3, isCertain: true },
          { line: 6, kind: 'call', index: 1, isCertain: true },
          { line: 7, kind: 'error', index: 7, isCertain: true },
        ],
        events: [
          { kind: 'text', text: whole('one'), line: 1 },
          { kind: 'store', text: whole('k = {"a":1}'), line: 2 },
          { kind: 'notify', text: whole('half'), line: 4 },
          { kind: 'yield', text: whole(''), line: 4 },
          { kind: 'response', text: whole('yielded'), line: null },
          { kind: 'timer', text: whole('timer 1: due in 1 ms'), line: null },
          { kind: 'timer', text: whole('timer 1: due'), line: null },
          { kind: 'error', text: whole(error), line: 7 },
          { kind: 'response', text: whole('failed'), line: null },
        ],
        errorText: whole(error),
        modelSaw: [
          { callId: 'call-1', text: { text: saw('running with cell ID 1', 'one'), length: textNumber } },
          { callId: 'call-2', text: { text: saw('failed', `Script error:\n${error}`), length: textNumber } },
        ],
        printed: whole('one'),
        hasLog: true,
      },
    ])
    expect(cells[0]?.yields).toHaveLength(1)
    expect(entries.map(({ type, name, status }) => [type, name, status])).toEqual([
      ['turn', expect.any(String), 'completed'],
      ['cell', 'exec', 'failed'],
      ['nested_call', 'echo', 'completed'],
      ['wait', 'wait', 'failed'],
      ['nested_call', 'fails', 'failed'],
    ])
    const [turn, cell] = entries
    expect(entries.map(({ parent }) => parent)).toEqual([expect.any(String), turn?.id, cell?.id, cell?.id, cell?.id])
    const nested = toolCalls.filter(({ id }) => cells[0]?.nestedCallIds.includes(id))
    expect(nested.map(({ line, input, output, errorText }) => ({ line, input, output, errorText }))).toEqual([
      { line: 3, input: whole('{"b":2}'), output: whole('{"b":2}'), errorText: null },
      { line: 6, input: whole('{}'), output: null, errorText: whole('no such thing') },
    ])
  })

  test('a program with types has no error, since it ran without them', async () => {
    const { bundle } = await record({}, ({ model }) => model.exec.call('const n: number = 1\ntext(n)'))
    const [cell] = makeViewData(bundle).cells
    expect(cell?.events.map(({ kind, line }) => ({ kind, line }))).toEqual([
      { kind: 'text', line: 2 },
      { kind: 'response', line: null },
    ])
    expect(cell?.marks).toEqual([{ line: 2, kind: 'output', index: 0, isCertain: true }])
  })

  test('a long text is cut between two characters, and its length is kept', async () => {
    const { bundle } = await record({}, ({ model }) => model.exec.call(`text('a' + '😀'.repeat(3000))`))
    const [cell] = makeViewData(bundle).cells
    const cut = { text: `a${'😀'.repeat(1023)}`, length: 6001 }
    expect(cell?.printed).toEqual(cut)
    expect(cell?.events[0]?.text).toEqual(cut)
  })
})

describe('makeViewData() with a damaged bundle', () => {
  /** Returns the data of the sample after a change of its folder. */
  function spoiled(spoil: (folder: string) => void): ViewData {
    const folder = sampleBundle()
    spoil(folder)
    return makeViewData(openTraceBundle(folder))
  }

  test('a bundle that does not reduce has the events before the wrong one, and the reason', () => {
    const data = spoiled((folder) => {
      const log = join(folder, 'trace.jsonl')
      writeFileSync(log, readFileSync(log, 'utf8').replace('"seq":12,', '"seq":11,'))
    })
    const { problems, counts, status, entries, unreduced } = data
    expect([status, problems]).toEqual([
      'unreadable',
      [expect.stringMatching(/^Cannot reduce the trace: .*trace event 12\. The page shows the first 11 events$/)],
    ])
    expect(counts.events).toBe(20)
    expect(entries.map(({ type }) => type)).toEqual(['turn', 'inference', 'cell', 'nested_call'])
    expect(unreduced.map(({ type }) => type)).toEqual([
      'code_cell_ended',
      'tool_call_ended',
      'inference_started',
      'inference_completed',
      'history_item_accepted',
      'codex_turn_ended',
      'thread_ended',
      'rollout_ended',
      'recording_completed',
    ])
  })

  test('a bundle with a line that is not an event has the events before that line', () => {
    const { status, counts, entries, unreduced, problems } = spoiled((folder) => {
      const log = join(folder, 'trace.jsonl')
      writeFileSync(log, readFileSync(log, 'utf8').split('\n').toSpliced(8, 1, '{"seq":9}').join('\n'))
    })
    expect([status, counts.events, unreduced]).toEqual(['unreadable', 8, []])
    expect(entries.map(({ type }) => type)).toEqual(['turn', 'inference', 'cell'])
    expect(problems).toEqual([expect.stringMatching(/\. The page shows the first 8 events$/)])
  })

  test('a bundle of which nothing reduces lists its events', () => {
    const { status, entries, unreduced, counts } = spoiled((folder) => {
      const log = join(folder, 'trace.jsonl')
      writeFileSync(log, readFileSync(log, 'utf8').replaceAll('"schema_version":2', '"schema_version":1'))
    })
    expect([status, entries, counts.events, unreduced.length]).toEqual(['unreadable', [], 20, 20])
    expect(unreduced[0]).toEqual({ seq: 1, at: textNumber, type: 'rollout_started', threadId: null })
  })

  test('a bundle without a log has no data but the reason', () => {
    const { problems } = spoiled((folder) => rmSync(join(folder, 'trace.jsonl')))
    expect(problems).toEqual([expect.stringMatching(/^Cannot reduce the trace: Cannot read "trace.jsonl"/)])
  })

  test.each<[what: string, spoil: (file: string) => void, problem: RegExp]>([
    [
      'is not JSON',
      (file) => writeFileSync(file, '{'),
      /^No preview of "raw_payload:5": payload raw_payload:5 is not JSON \(.*\)$/,
    ],
    [
      'is too long',
      (file) => writeFileSync(file, `"${'a'.repeat(5_000_000)}"`),
      /^No preview of "raw_payload:5": it has 5000002 bytes; the maximum is 4194304$/,
    ],
  ])('a payload that %s has no preview', (_what, spoil, problem) => {
    const data = spoiled((folder) => spoil(join(folder, 'payloads/5.json')))
    expect(data.problems).toEqual([expect.stringMatching(problem)])
    const nested = data.toolCalls.find(({ id }) => id === 'call:exec-1')
    expect([nested?.input, nested?.output, nested?.errorText]).toEqual([whole('{"a":1}'), null, null])
  })

  test('an unreadable response leaves the printed text unknown', () => {
    const { problems, cells } = spoiled((folder) => writeFileSync(join(folder, 'payloads/6.json'), '{'))
    expect(problems).toEqual([expect.stringMatching(/^No preview of "raw_payload:6": /)])
    expect(cells.map(({ printed, modelSaw }) => [printed, modelSaw.map(({ text }) => text)])).toEqual([
      [null, [whole('2')]],
    ])
  })

  test('a bundle with ids that are too long is not shown', () => {
    const { problems, cells } = spoiled((folder) => {
      const log = join(folder, 'trace.jsonl')
      writeFileSync(log, readFileSync(log, 'utf8').replaceAll('turn-1', 't'.repeat(1000)))
    })
    expect([problems, cells]).toEqual([['The trace has ids longer than 256'], []])
  })

  test('a damaged cell log is shown as far as it can be read', async () => {
    const { bundle, directory } = await record({}, ({ model }) => model.exec.call(`text('one'); text('two')`))
    const file = join(directory, 'cells/1.jsonl')
    const lines = readFileSync(file, 'utf8').split('\n')
    const two = lines.findIndex((line) => line.includes('"two"'))
    writeFileSync(file, [...lines.slice(0, two), '{"type":"unheard of","at":1}', ''].join('\n'))
    const data = makeViewData(bundle)
    expect(data.problems).toEqual([
      `The log of cell 1 cannot be read to its end: Cannot read line ${two + 1} of cells/1.jsonl ` +
        '(a cell log has a line of the unknown type "unheard of")',
    ])
    expect(data.cells.map(({ printed, hasLog }) => ({ printed, hasLog }))).toEqual([
      { printed: whole('one'), hasLog: true },
    ])
  })

  test('a cell log that is too long is not shown', async () => {
    const { bundle, directory } = await record({}, ({ model }) => model.exec.call(`text('one')`))
    // A file with a hole has a size and takes no space.
    truncateSync(join(directory, 'cells/1.jsonl'), 2 ** 30)
    const { problems, cells } = makeViewData(bundle)
    expect(problems).toEqual(['The log of cell 1 is not read: it has 1073741824 bytes'])
    expect(cells.map(({ hasLog, printed }) => ({ hasLog, printed }))).toEqual([
      { hasLog: false, printed: whole('one') },
    ])
  })

  test('the data reports how much is not shown', () => {
    const texts = new ViewTexts()
    expect(texts.first([1, 2, 3], 2, 'cells')).toEqual([1, 2])
    const lengths = Array.from({ length: 20_000 }, () => texts.preview('a'.repeat(3000)).text.length)
    expect([lengths[0], lengths.at(-1), lengths.reduce((sum, length) => sum + length)]).toEqual([2048, 0, 2 ** 25])
    expect(texts.problems).toEqual([
      'Only the first 2 of 3 cells are shown',
      'The texts of this bundle are too long: some have no preview',
    ])
  })

  test('a cell log that is a folder is not shown', () => {
    const { problems, cells } = spoiled((folder) => mkdirSync(join(folder, 'cells/1.jsonl'), { recursive: true }))
    expect(problems).toEqual([expect.stringMatching(/^Some cell logs cannot be read: .*not a regular file$/)])
    expect(cells.map(({ hasLog }) => hasLog)).toEqual([false])
  })
})
