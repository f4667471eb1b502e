import { expect, test, vi } from 'vitest'
import type { Adapter, CellResponse, SessionRequest } from './adapter.ts'
import type { ConformanceCase } from './case.ts'
import { parseCaseFile } from './parse-case.ts'
import { missingCapability, runCase } from './run-case.ts'

const tolerance = { timeFactor: 3 }

test('runCase() passes a case whose steps all meet their expectations', async () => {
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
  ['the expected outcome', { outcome: 'yielded', error: 'broken' }, 'outcome: expected "yielded", got "result"'],
  ['an outcome without an error', { outcome: 'result' }, 'error: expected null, got "broken"'],
  ['the expected duration', { error: 'broken', minMs: 60_000 }, 'minMs: expected at least 60000 ms, took '],
  [
    'the expected cancellation',
    { error: 'broken', cancelledBefore: ['tool-1'] },
    'cancelledBefore: "tool-1" was not cancelled',
  ],
  ['the expected side events', { error: 'broken', closed: ['1'] }, 'closed: expected 1 elements ["1"], got 0: []'],
])('runCase() fails a case when a step does not bring %s', async (_name, expectation, problem) => {
  // So short that the events which a case expects may be late by at most ten milliseconds.
  const result = await play({ steps: [{ do: 'exec', source: 'fail' }], expect: [expectation] }, { timeFactor: 0.01 })
  expect(result).toMatchObject({ type: 'failed', problem: expect.stringContaining(`step 1 (exec): ${problem}`) })
})

test('a refused operation has the outcome error and the reason', async () => {
  const result = await play({
    steps: [{ do: 'terminate', cell: '1' }],
    expect: [{ outcome: 'error', message: 'refused' }],
  })
  expect(result.type).toBe('passed')
})

test('a join step has the outcome of an operation, also a timeout', async () => {
  const result = await play({
    steps: [
      { do: 'exec', source: 'hang', as: 'A', timeoutMs: 1 },
      { do: 'join', ref: 'A' },
    ],
    expect: [null, { outcome: 'timeout' }],
  })
  expect(result).toEqual({ type: 'passed', outcomes: [{ outcome: 'started' }, { outcome: 'timeout' }] })
})

test('runCase() passes a case only if one of its variants matches as a whole', async () => {
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
  ['twice when the longer times are enough', 'takes 3', 1, 'passed', 2],
  ['three times when only ample times are enough', 'takes 15', 1, 'passed', 3],
  ['three times when no time is enough', 'takes 16', 1, 'failed', 3],
  ['once when its times are long', 'takes 16', 1000, 'failed', 1],
])('runCase() runs a case with a yield time %s', async (_how, source, yieldMs, type, played) => {
  const adapter = scriptedAdapter()
  const openSession = vi.spyOn(adapter, 'openSession')
  const conformanceCase = caseOf({ steps: [{ do: 'exec', source, yieldMs }], expect: [{ outcome: 'result' }] })
  const result = await runCase(conformanceCase, adapter, tolerance)
  expect([result.type, openSession.mock.calls.length]).toEqual([type, played])
})

test('runCase() runs a case with an upper bound on time up to three times, with more time each time', async () => {
  const steps = [{ do: 'exec', source: '' }]
  const result = await play({ steps, expect: [{ maxMs: -1 }] })
  expect(result).toMatchObject({ problem: expect.stringContaining('maxMs: expected at most -1 ms times 15') })
})

test('runCase() runs a case whose program compares a duration with a maximum up to three times', async () => {
  const adapter = scriptedAdapter()
  const openSession = vi.spyOn(adapter, 'openSession')
  const steps = [{ do: 'exec', source: 'const t = Date.now(); text(Date.now() - t < 600)' }]
  await runCase(caseOf({ steps, expect: [{ outcome: 'timeout' }] }), adapter, tolerance)
  expect(openSession).toHaveBeenCalledTimes(3)
})

test('missingCapability() names the first need that an implementation does not provide', () => {
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

async function play(fields: Record<string, unknown>, given = tolerance): ReturnType<typeof runCase> {
  return await runCase(caseOf(fields), scriptedAdapter(), given)
}

function caseOf(fields: Record<string, unknown>): ConformanceCase {
  const whole = { id: 'X1', title: 't', level: 'S', reference: { status: 'pass', via: 'none' }, ...fields }
  const [parsed] = parseCaseFile(JSON.stringify({ section: 'X', title: 'x', cases: [whole] }))
  if (parsed === undefined) throw new Error('no case was read')
  return parsed
}

/**
 * An implementation whose cells support the sources `call echo`, `fail`, `hang` and `takes N`: N milliseconds, by its
 * own clock.
 */
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
