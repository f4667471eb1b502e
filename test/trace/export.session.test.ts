import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  exportChromeTrace,
  exportJsonLines,
  exportOtlp,
  type ChromeTrace,
  type OtlpTraceRequest,
  type StepSource,
  type TraceState,
} from '../../src/trace.ts'
import { receiveTraces, spansOf, told, type ReceivedSpan } from '../otel/receiver.ts'
import { everyTool, recordEverything } from './record-everything.ts'
import { record, reduced } from './recorded.ts'
import { Recording } from './recording.ts'
import { referenceFolder } from './reference.ts'
import { smallTrace, sourceOf } from './small-trace.ts'

type Given = { readonly state: TraceState; readonly source: StepSource }

function small(): Given {
  const recording = smallTrace()
  return { state: recording.reduce(), source: sourceOf(recording) }
}

async function everything(): Promise<Given> {
  const { state, bundle } = await record({ tools: everyTool }, recordEverything)
  return { state, source: bundle }
}

/** Bundles of the reference, where they are found. */
function corpus(): readonly Given[] {
  if (referenceFolder === undefined) return []
  const folder = join(referenceFolder, 'trace-corpus')
  const names = readdirSync(folder).filter((name) => !name.endsWith('.md'))
  return names.map((name) => {
    const { state, bundle } = reduced(join(folder, name))
    return { state, source: bundle }
  })
}

const rowsOf = ({ state, source }: Given): readonly Record<string, unknown>[] =>
  Array.from(exportJsonLines(state, source), (line) => JSON.parse(line))

describe('lines of JSON', () => {
  test('are one for each thing that happened, each with all that is known of it', () => {
    const rows = rowsOf(small())
    expect(
      rows.map(({ type, id, parent, name, status, start_ms: start, duration_ms: duration, input, output, error }) => ({
        what: [type, id, parent, name, status, start, duration],
        said: [input, output, error],
      })),
    ).toEqual([
      { what: ['thread', 'thread:T1', null, '/T1', 'running', 1002, null], said: [null, null, null] },
      { what: ['turn', 'turn:turn-1', 'thread:T1', 'turn-1', 'completed', 1003, 22], said: [null, null, null] },
      {
        what: ['inference', 'inference:i1', 'turn:turn-1', 'model', 'completed', 1004, 1],
        said: [null, 'I add.', null],
      },
      {
        what: ['cell', 'cell:code_cell:call-1', 'turn:turn-1', 'exec', 'completed', 1007, 9],
        said: [expect.stringContaining('tools.add({ a: 1 })'), 'so far\n2', null],
      },
      {
        what: ['nested_call', 'call:n1', 'cell:code_cell:call-1', 'add', 'completed', 1008, 7],
        said: ['{"a":1}', '2', null],
      },
      {
        what: ['nested_call', 'call:n2', 'cell:code_cell:call-1', 'read', 'failed', 1009, 1],
        said: ['x', null, 'no such file'],
      },
      {
        what: ['notification', 'event:11', 'cell:code_cell:call-1', 'notification', 'delivered', 1011, 0],
        said: ['halfway', null, null],
      },
      {
        what: ['yield', 'cell:code_cell:call-1:yield', 'cell:code_cell:call-1', 'yield', '', 1012, 0],
        said: [null, null, null],
      },
      {
        what: ['wait', 'call:call-2', 'cell:code_cell:call-1', 'wait', 'completed', 1014, 3],
        said: ['{"cell_id":"1"}', 'Script completed\nWall time 0.0 seconds\nOutput:\n2', null],
      },
      { what: ['inference', 'inference:i2', 'turn:turn-1', 'model', 'completed', 1018, 1], said: [null, null, null] },
      {
        what: ['cell', 'cell:code_cell:call-3', 'turn:turn-1', 'exec', 'failed', 1021, 2],
        said: ['boom()', null, 'ReferenceError: boom is not defined'],
      },
    ])
  })

  test('have the same columns, unique ids, and parents that are there', async () => {
    for (const given of [small(), await everything(), ...corpus()]) {
      const rows = rowsOf(given)
      const ids = new Set(rows.map(({ id }) => id))
      expect(new Set(rows.map((row) => Object.keys(row).join())).size).toBe(1)
      expect(ids.size).toBe(rows.length)
      expect(rows.filter(({ parent }) => parent !== null && !ids.has(parent))).toEqual([])
    }
  })
})

describe('the Trace Event Format', () => {
  test('has rows for turns, models, cells and waits', () => {
    const { state, source } = small()
    const { traceEvents } = exportChromeTrace(state, source)
    expect(traceEvents.map(({ ph, name, tid, ts, dur }) => [ph, name, tid, ts, dur].join(' ').trim())).toEqual([
      'M process_name 0 0',
      'M thread_name 1 0',
      'M thread_name 2 0',
      'M thread_name 3 0',
      'M thread_name 4 0',
      'M thread_name 5 0',
      'X turn turn-1 1 1003000 22000',
      'b model 2 1004000',
      'e model 2 1005000',
      'X cell 1 3 1007000 9000',
      'b add 3 1008000',
      'e add 3 1015000',
      'b read 3 1009000',
      'e read 3 1010000',
      'i notification 3 1011000',
      'i yield 3 1012000',
      'X wait 1 4 1014000 3000',
      's wait 3 1007000',
      'f wait 4 1014000',
      'b model 2 1018000',
      'e model 2 1019000',
      'X cell 2 5 1021000 2000',
    ])
  })

  test('is kept to: rows have names, pairs and arrows have both ends, bars of a row do not overlap', async () => {
    for (const { state, source } of [small(), await everything(), ...corpus()]) {
      const trace = exportChromeTrace(state, source)
      expect(JSON.parse(JSON.stringify(trace))).toEqual(trace)
      expect(problemsOf(trace)).toEqual([])
    }
  })
})

/** What of a trace breaks a rule of the format. */
function problemsOf({ traceEvents: events }: ChromeTrace): readonly unknown[] {
  const row = ({ pid, tid }: { readonly pid: number; readonly tid: number }): string => `${pid} ${tid}`
  const named = new Set(events.filter(({ name }) => name === 'thread_name').map(row))
  const bars = events.filter(({ ph }) => ph === 'X')
  const barsOf = Map.groupBy(bars, row)
  const both = (first: string, last: string): readonly unknown[] => {
    const key = ({ cat, id, name }: (typeof events)[number]): string => `${cat} ${id} ${name}`
    const starts = events.filter(({ ph }) => ph === first)
    const ends = new Map(events.filter(({ ph }) => ph === last).map((event) => [key(event), event]))
    expect(ends.size).toBe(starts.length)
    return starts.filter((start) => !((ends.get(key(start))?.ts ?? -1) >= start.ts))
  }
  const isInBar = (event: (typeof events)[number]): boolean =>
    (barsOf.get(row(event)) ?? []).some(({ ts, dur = 0 }) => ts <= event.ts && event.ts <= ts + dur)
  return [
    ...events.filter((event) => event.ph !== 'M' && !named.has(row(event))),
    ...events.filter(({ ts, dur = 0 }) => !Number.isSafeInteger(ts) || !(dur >= 0)),
    ...both('b', 'e'),
    ...both('s', 'f'),
    ...events.filter((event) => (event.ph === 's' || event.ph === 'f') && !isInBar(event)),
    ...[...barsOf.values()].flatMap((ofRow) => {
      const sorted = ofRow.toSorted((left, right) => left.ts - right.ts)
      return sorted.filter(({ ts }, index) => {
        const before = sorted[index - 1]
        return before !== undefined && before.ts + (before.dur ?? 0) > ts
      })
    }),
  ]
}

/** The requests as a receiver reads them. */
const received = (requests: Iterable<OtlpTraceRequest>): readonly ReceivedSpan[] =>
  Array.from(requests).flatMap((request) => spansOf(JSON.parse(JSON.stringify(request))))

describe('OpenTelemetry', () => {
  test('has a span for each turn, request, cell and nested call, and events for the rest', () => {
    const { state, source } = small()
    const spans = received(exportOtlp(state, source))
    const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.type': 'function' }
    const conversation = { 'gen_ai.conversation.id': 'T1' }
    const ofCell = { ...tool, ...conversation, 'codecell.cell.id': '1' }
    const model = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'provider',
      'gen_ai.request.model': 'model',
      ...conversation,
      'codecell.status': 'completed',
    }
    const good = { events: [], status: {} }
    expect(spans.map((span) => told(span, spans))).toEqual([
      {
        name: 'invoke_agent /T1',
        parent: null,
        kind: 1,
        attributes: {
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': '/T1',
          ...conversation,
          'codecell.status': 'completed',
        },
        ...good,
      },
      {
        name: 'chat model',
        parent: 'invoke_agent /T1',
        kind: 3,
        attributes: {
          ...model,
          'gen_ai.response.id': 'response-i1',
          'gen_ai.usage.input_tokens': '9',
          'gen_ai.usage.cache_read.input_tokens': '4',
          'gen_ai.usage.output_tokens': '2',
        },
        ...good,
      },
      {
        name: 'execute_tool exec',
        parent: 'invoke_agent /T1',
        kind: 1,
        attributes: {
          ...ofCell,
          'gen_ai.tool.name': 'exec',
          'gen_ai.tool.call.id': 'call-1',
          'codecell.status': 'completed',
        },
        events: [
          { name: 'codecell.notification', 'codecell.status': 'delivered' },
          {
            name: 'codecell.wait',
            'gen_ai.tool.call.id': 'call-2',
            'codecell.status': 'completed',
            'codecell.duration_ms': 'some',
          },
          { name: 'codecell.yield' },
        ],
        status: {},
      },
      {
        name: 'execute_tool add',
        parent: 'execute_tool exec',
        kind: 1,
        attributes: {
          ...ofCell,
          'gen_ai.tool.name': 'add',
          'gen_ai.tool.call.id': '1#1',
          'codecell.status': 'completed',
        },
        ...good,
      },
      {
        name: 'execute_tool read',
        parent: 'execute_tool exec',
        kind: 1,
        attributes: {
          ...ofCell,
          'gen_ai.tool.name': 'read',
          'gen_ai.tool.call.id': '1#2',
          'mcp.method.name': 'tools/call',
          'codecell.mcp.server': 'files',
          'codecell.status': 'failed',
          'error.type': 'tool_error',
        },
        events: [],
        status: { code: 2 },
      },
      {
        name: 'chat model',
        parent: 'invoke_agent /T1',
        kind: 3,
        attributes: { ...model, 'gen_ai.response.id': 'response-i2' },
        ...good,
      },
      {
        name: 'execute_tool exec',
        parent: 'invoke_agent /T1',
        kind: 1,
        attributes: {
          ...tool,
          ...conversation,
          'codecell.cell.id': '2',
          'gen_ai.tool.name': 'exec',
          'gen_ai.tool.call.id': 'call-3',
          'codecell.status': 'failed',
          'error.type': 'script_error',
        },
        events: [],
        status: { code: 2 },
      },
    ])
  })

  test('has arguments, results and errors only where they are wanted', () => {
    const { state, source } = small()
    const secrets = /so far|halfway|no such file|boom|Promise/
    expect(JSON.stringify([...exportOtlp(state, source)])).not.toMatch(secrets)
    const spans = received(exportOtlp(state, source, { content: true }))
    expect(spans.map((span) => told(span, spans)).slice(2, 5)).toMatchObject([
      {
        attributes: { 'gen_ai.tool.call.result': 'so far\n2' },
        events: expect.arrayContaining([expect.objectContaining({ 'codecell.text': 'halfway' })]),
      },
      { attributes: { 'gen_ai.tool.call.arguments': '{"a":1}', 'gen_ai.tool.call.result': '2' } },
      { attributes: { 'gen_ai.tool.call.arguments': 'x' }, status: { code: 2, message: 'no such file' } },
    ])
  })

  test('has ids of the right form that are the same each time, and no end before its beginning', async () => {
    for (const { state, source } of [small(), await everything(), ...corpus()]) {
      const requests = [...exportOtlp(state, source)]
      const spans = received(requests)
      expect([...exportOtlp(state, source)]).toEqual(requests)
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
      expect(
        spans.filter(
          ({ traceId, spanId, startTimeUnixNano: start, endTimeUnixNano: end }) =>
            !/^[0-9a-f]{32}$/.test(traceId) || !/^[0-9a-f]{16}$/.test(spanId) || BigInt(start) > BigInt(end),
        ),
      ).toEqual([])
      const ids = new Set(spans.map(({ spanId }) => spanId))
      expect(spans.filter(({ parentSpanId: parent }) => parent !== undefined && !ids.has(parent))).toEqual([])
    }
  })

  test('is what a receiver takes', async () => {
    await using receiver = await receiveTraces()
    const { state, source } = small()
    const [request, ...more] = exportOtlp(state, source)
    const body = JSON.stringify(request)
    const { status } = await fetch(receiver.url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect([status, receiver.spans.length, more.length]).toEqual([200, 7, 0])
  })

  test('comes in several requests when there is much of it', () => {
    const recording = new Recording()
    for (let number = 1; number <= 1001; number++) recording.tool({ tool_call_id: `c${number}` })
    const requests = [...exportOtlp(recording.reduce(), sourceOf(recording))]
    expect(requests.map((request) => received([request]).length)).toEqual([500, 500, 2])
  })
})
