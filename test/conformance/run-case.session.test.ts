import { expect, test, vi } from 'vitest'
import type { Adapter, CellResponse, SessionRequest } from './adapter.ts'
import type { ConformanceCase } from './case.ts'
import { parseCaseFile } from './parse-case.ts'
import { missingCapability, runCase } from './run-case.ts'

const tolerance = { timeFactor: 1 }

test('a case passes when every step brings what it must', async () => {
  const result = await play({
    tools: ['echo'],
    steps: [
      { do: 'exec', source: 'call echo' },
      { do: 'parse', input: 'x' },
    ],
    expect: [
      { outcome: 'result', items: ['a'], calls: [{ name: 'echo', input: { n: 1 } }], notifications: [], maxMs: 5000 },
      { code: 'x', failure: null },
    ],
  })
  expect(result).toEqual({
    type: 'passed',
    outcomes: [
      { outcome: 'result', cell: '1', items: [{ type: 'input_text', text: 'a' }], error: null },
      { outcome: 'done', failure: null, code: 'x', yieldMs: null, maxTokens: null },
    ],
  })
})

test.each([
  ['an outcome', { outcome: 'yielded', error: 'broken' }, 'outcome: expected "yielded", got "result"'],
  ['an error text that is not named', { outcome: 'result' }, 'error: expected null, got "broken"'],
  ['a duration', { error: 'broken', minMs: 60_000 }, 'minMs: expected at least 60000 ms, took '],
  [
    'an earlier cancellation',
    { error: 'broken', cancelledBefore: ['tool-1'] },
    'cancelledBefore: "tool-1" was not cancelled',
  ],
  ['a side event', { error: 'broken', closed: ['1'] }, 'closed: expected 1 elements ["1"], got 0: []'],
])('a case fails when a step does not bring %s', async (_name, expectation, problem) => {
  const result = await play({ steps: [{ do: 'exec', source: 'fail' }], expect: [expectation] })
  expect(result).toMatchObject({ type: 'failed', problem: expect.stringContaining(`step 1 (exec): ${problem}`) })
})

test('a refused operation has the outcome error and its text', async () => {
  const result = await play({
    steps: [{ do: 'terminate', cell: '1' }],
    expect: [{ outcome: 'error', message: 'refused' }],
  })
  expect(result.type).toBe('passed')
})

test('an operation that is started is joined later, and may time out', async () => {
  const result = await play({
    steps: [
      { do: 'exec', source: 'hang', as: 'A', timeoutMs: 1 },
      { do: 'join', ref: 'A' },
    ],
    expect: [null, { outcome: 'timeout' }],
  })
  expect(result).toEqual({ type: 'passed', outcomes: [{ outcome: 'started' }, { outcome: 'timeout' }] })
})

test('one of several variants has to fit as a whole', async () => {
  const steps = [
    { do: 'exec', source: '' },
    { do: 'exec', source: 'fail' },
  ]
  const fitting = [{ outcome: 'result' }, { outcome: 'result', error: 'broken' }]
  expect(await play({ steps, variants: [[{ outcome: 'yielded' }, null], fitting] })).toMatchObject({ type: 'passed' })
  const mixed = [
    [{ outcome: 'result' }, { outcome: 'yielded', error: 'broken' }],
    [{ outcome: 'yielded' }, { outcome: 'result', error: 'broken' }],
  ]
  expect(await play({ steps, variants: mixed })).toMatchObject({
    type: 'failed',
    problem: expect.stringContaining('step 2 (exec): outcome: expected "yielded", got "result"'),
  })
})

test.each([
  ['is played once more with ample time', { steps: [{ do: 'exec', source: 'takes 4', yieldMs: 1 }], played: 2 }],
  ['is played once more only', { steps: [{ do: 'exec', source: 'takes 6', yieldMs: 1 }], played: 2 }],
  ['is not played again without one', { steps: [{ do: 'exec', source: 'takes 6', yieldMs: 1000 }], played: 1 }],
])('a case that fails with a short time %s', async (_does, { steps, played }) => {
  const adapter = scriptedAdapter()
  const openSession = vi.spyOn(adapter, 'openSession')
  const result = await runCase(caseOf({ steps, expect: [{ outcome: 'result' }] }), adapter, tolerance)
  const passes = steps[0]?.source === 'takes 4'
  expect([result.type, openSession.mock.calls.length]).toEqual([passes ? 'passed' : 'failed', played])
})

test('missingCapability() names what a case needs and an implementation lacks', () => {
  const needy = caseOf({ needs: ['session', 'preempt'], steps: [], expect: [] })
  expect(missingCapability(needy, new Set(['session']))).toBe('preempt')
  expect(missingCapability(needy, new Set(['session', 'preempt']))).toBeNull()
})

test.each([
  [{ steps: [{ do: 'exec', source: '', yieldMS: 5 }], expect: [null] }, 'unknown field "yieldMS"'],
  [{ steps: [{ do: 'run' }], expect: [null] }, 'one of exec'],
  [{ steps: [{ do: 'sleep' }], expect: [null] }, 'Cannot read field "ms"'],
  [{ steps: [], expect: [{ item: [] }] }, 'unknown field "item"'],
  [{ steps: [], expect: [null] }, 'one expectation for each step'],
  [{ steps: [] }, 'either "expect" or "variants"'],
])('parseCaseFile() refuses %j', (fields, problem) => {
  expect(() => caseOf(fields)).toThrow(problem)
})

async function play(fields: Record<string, unknown>): ReturnType<typeof runCase> {
  return await runCase(caseOf(fields), scriptedAdapter(), tolerance)
}

function caseOf(fields: Record<string, unknown>): ConformanceCase {
  const whole = { id: 'X1', title: 't', level: 'S', reference: { status: 'pass', via: 'none' }, ...fields }
  const [parsed] = parseCaseFile(JSON.stringify({ section: 'X', title: 'x', cases: [whole] }))
  if (parsed === undefined) throw new Error('no case was read')
  return parsed
}

/** An implementation whose cells know the sources `call echo`, `fail`, `hang` and `takes N`: N milliseconds, by its own clock. */
function scriptedAdapter(): Adapter {
  return {
    provides: new Set(['session', 'parse']),
    functions: new Map(),
    parseExec: (input) => ({ code: String(input), yieldMs: null, maxTokens: null }),
    openModel: () => Promise.reject(new Error('there is no model side')),
    openSession: async (request) => ({
      execute: async (source, { yieldMs }) => await run(source, request, yieldMs),
      wait: () => Promise.reject(new Error('refused')),
      terminate: () => Promise.reject(new Error('refused')),
      shutdown: async () => undefined,
    }),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function run(source: string, { onToolCall }: SessionRequest, yieldMs: number | undefined): Promise<CellResponse> {
  const { signal } = new AbortController()
  const takes = /^takes (\d+)$/.exec(source)?.[1]
  if (takes !== undefined && (yieldMs === 1000 || Number(yieldMs) < Number(takes))) {
    return { outcome: 'yielded', cell: '1', items: [], error: null }
  }
  if (source === 'hang') return await new Promise(() => undefined)
  if (source === 'call echo') {
    const call = { cellId: '1', runtimeId: 'tool-1', name: 'echo', namespace: null, kind: 'function' } as const
    await onToolCall({ ...call, input: { n: 1 }, signal })
  }
  const error = source === 'fail' ? 'broken' : null
  return { outcome: 'result', cell: '1', items: [{ type: 'input_text', text: 'a' }], error }
}
