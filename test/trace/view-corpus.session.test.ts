import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeViewData, openTraceBundle, type ViewCell, type ViewData } from '../../src/trace.ts'
import { referenceFolder } from './reference.ts'
import { expectConsistent } from './expect-consistent.ts'
import { reduced } from './recorded.ts'

const corpus = join(referenceFolder ?? '', 'trace-corpus')
const isHere = referenceFolder !== undefined
const bundles = isHere ? readdirSync(corpus).filter((name) => existsSync(join(corpus, name, 'manifest.json'))) : []

function dataOf(name: string): ViewData {
  return makeViewData(openTraceBundle(join(corpus, name)))
}

const whole = (text: string): { text: string; length: number } => ({ text, length: text.length })

function headOf(cell: ViewCell): object {
  return {
    status: cell.status,
    marks: cell.marks.map(({ line, kind, isCertain }) => `${line} ${kind}${isCertain ? '' : '?'}`).join(', '),
    error: cell.errorText?.text.split('\n')[0] ?? null,
    printed: cell.printed?.text ?? null,
  }
}

describe.skipIf(!isHere)('bundles of the reference', () => {
  test.each(bundles)('%s has data without problems in which everything is tied together', (name) => {
    expectConsistent(dataOf(name), reduced(join(corpus, name)).state)
  })

  test('a cell that is waited for has all of its responses', () => {
    const [cell, ...others] = dataOf('yield-waits').cells
    expect(others).toEqual([])
    expect(cell).toEqual({
      id: 'code_cell:call_slow',
      cellId: '1',
      threadId: '01a203a0-ca63-71d3-b331-03ba74f83281',
      turnId: '01a203a0-ca6d-7110-8f48-93fb3ba3d1c6',
      callId: 'call_slow',
      status: 'completed',
      span: { start: 1_795_357_199_039, end: 1_795_357_199_744 },
      yields: [1_795_357_199_092, 1_795_357_199_214, 1_795_357_199_234],
      source:
        'text("one"); await new Promise(r => setTimeout(r, 300)); text("two"); ' +
        'await new Promise(r => setTimeout(r, 400)); text("three");',
      nestedCallIds: [],
      waitCallIds: ['call_wait_0174', 'call_wait_0176', 'call_wait_0179'],
      marks: [1, 2, 3].map(() => ({ line: 1, kind: 'output', index: -1, isCertain: false })),
      happenings: [],
      errorText: null,
      modelSaw: [
        [1_795_357_199_093, 'call_slow', 'Script running with cell ID 1\nWall time 0.1 seconds\nOutput:\none'],
        [1_795_357_199_214, 'call_wait_0174', 'Script running with cell ID 1\nWall time 0.1 seconds\nOutput:\n'],
        [1_795_357_199_234, 'call_wait_0176', 'Script running with cell ID 1\nWall time 0.0 seconds\nOutput:\n'],
        [1_795_357_199_745, 'call_wait_0179', 'Script completed\nWall time 0.5 seconds\nOutput:\ntwo\nthree'],
      ].map(([at, callId, text]) => ({ at, callId, text: whole(String(text)) })),
      printed: whole('one\ntwo\nthree'),
      hasRecord: false,
    })
  })

  test('errors are marked where they were thrown', () => {
    expect(dataOf('failing-script').cells.map(headOf)).toEqual([
      { status: 'failed', marks: '1 output?, 2 error', error: 'TypeError: deep', printed: 'before' },
      { status: 'failed', marks: '', error: 'SyntaxError: Unexpected strict mode reserved word', printed: '' },
      { status: 'failed', marks: '1 output?', error: 'Unsupported import in exec: fs', printed: '' },
      { status: 'failed', marks: '1 store?', error: 'plain string', printed: '' },
      {
        status: 'failed',
        marks: '1 output?, 1 error',
        error: 'TypeError: tools.no_such_tool is not a function',
        printed: '7',
      },
    ])
  })

  test('calls of all sorts have a guessed line, their input and their output', () => {
    const calls = dataOf('mcp-nested').toolCalls.filter(({ cell }) => cell !== null)
    expect(calls.slice(0, 2).map(({ name, line, input, output }) => ({ name, line, input, output }))).toEqual([
      {
        name: 'mcp__everything.echo',
        line: 1,
        input: whole('{"message":"hi"}'),
        output: whole('{"content":[{"type":"text","text":"Echo: hi"}]}'),
      },
      {
        name: 'mcp__everything.get_sum',
        line: 1,
        input: whole('{"a":1,"b":10}'),
        output: whole('{"content":[{"type":"text","text":"The sum of 1 and 10 is 11."}]}'),
      },
    ])
  })

  test('output that was cut for the model before it was recorded is not taken for all', () => {
    expect(dataOf('truncated-output').cells.map(({ printed }) => printed)).toEqual([null, null, null])
  })
})
