import { describe, expect, test } from 'vitest'
import type { EvalSettings } from '../runs/eval-settings.ts'
import type { RunRecord } from '../runs/run-record.ts'
import type { Task } from '../tasks/task.ts'
import { markdownReport } from './markdown-report.ts'
import { runLine } from './run-line.ts'
import { summarize, type EvalSummary, type SummaryOptions } from './summary.ts'
import { textReport } from './text-report.ts'

const settings: EvalSettings = {
  model: 'm-1',
  api: 'anthropic',
  baseUrl: 'http://127.0.0.1',
  limits: { maxTurns: 1, maxTokens: 1, maxSeconds: 1 },
  maxOutputTokens: null,
  seed: null,
  execForm: 'function',
  params: {},
}

const taskOf = (id: string, tags: readonly string[]): Task => ({
  id,
  tags,
  prompt: 'x',
  servers: [],
  fixtures: null,
  limits: {},
  checks: [],
})

const record = (members: Partial<RunRecord>): RunRecord => ({
  task: 'one',
  mode: 'plain',
  repeat: 0,
  status: 'passed',
  reasons: [],
  answer: 'ANSWER: x',
  turns: 4,
  modelCalls: 3,
  toolCalls: 3,
  inputTokens: 10_000,
  cachedInputTokens: 4000,
  cacheWriteInputTokens: 1000,
  outputTokens: 500,
  turnsWithoutUsage: 0,
  durationMs: 2500,
  modelMs: 2000,
  retries: 0,
  startedAt: '2026-01-01T00:00:00.000Z',
  trace: 'traces/t1',
  ...members,
})

const price = { input: 2, cachedInput: 0.5, cacheWriteInput: 4, output: 10 }

function summaryOf(records: readonly RunRecord[], more: Partial<SummaryOptions> = {}): EvalSummary {
  const tasks = [taskOf('one', ['a']), taskOf('two', ['a', 'b'])]
  return summarize({ settings, tasks, modes: ['plain', 'code'], repeats: 2, records, prices: null, ...more })
}

describe('summarize()', () => {
  test('counts runs by mode, tag and task', () => {
    const { modes, tags, byTask, failures } = summaryOf([
      record({}),
      record({ repeat: 1, status: 'failed', reasons: ['wrong'], turns: 8 }),
      record({ task: 'two', mode: 'code', turns: 2 }),
      record({ task: 'two', mode: 'code', repeat: 1, status: 'error', reasons: ['503'], turns: 0 }),
    ])
    expect(modes).toMatchObject([
      { mode: 'plain', runs: 2, passed: 1, errors: 0, turns: { min: 4, median: 6, max: 8 } },
      { mode: 'code', runs: 1, passed: 1, errors: 1, turns: { min: 2, median: 2, max: 2 } },
    ])
    expect(tags).toMatchObject([
      { tag: 'a', figures: [{ runs: 2 }, { runs: 1 }] },
      { tag: 'b', figures: [{ runs: 0, turns: null, successInterval: null }, { runs: 1 }] },
    ])
    expect(byTask).toMatchObject([
      { task: 'one', figures: [{ runs: 2 }, { runs: 0 }] },
      { task: 'two', figures: [{ runs: 0 }, { runs: 1, errors: 1 }] },
    ])
    expect(failures.map(({ task, mode, repeat, status }) => [task, mode, repeat, status])).toEqual([
      ['one', 'plain', 1, 'failed'],
      ['two', 'code', 1, 'error'],
    ])
  })

  test('pairs the finished runs of a task in both modes', () => {
    const runs = (mode: RunRecord['mode'], ends: readonly RunRecord['status'][]): RunRecord[] =>
      ends.map((status, repeat) => record({ mode, status, repeat }))
    const plain = runs('plain', ['passed', 'passed', 'failed', 'failed', 'passed', 'passed', 'failed'])
    const code = runs('code', ['passed', 'failed', 'passed', 'failed', 'error', 'passed'])
    expect(summaryOf([...plain, ...code], { repeats: 9 }).pairs).toEqual({
      both: 2,
      onlyPlain: 1,
      onlyCode: 1,
      neither: 1,
    })
    expect(summaryOf(plain, { modes: ['plain'] }).pairs).toBeNull()
  })

  test('leaves out runs of other tasks, modes and repeats', () => {
    const others = [record({ task: 'three' }), record({ mode: 'code' }), record({ repeat: 2 })]
    const { modes, failures } = summaryOf(others, { modes: ['plain'] })
    expect(modes).toMatchObject([{ mode: 'plain', runs: 0 }])
    expect(failures).toEqual([])
  })

  test.each([
    [{ 'm-1': price }, 0.021],
    [{ 'anthropic/m-1': price, 'm-1': { input: 1000, output: 1000 } }, 0.021],
    [{ 'm-1': { input: 2, output: 10 } }, 0.025],
  ])('computes costs from the prices %j', (models, cost) => {
    const { modes, currency } = summaryOf([record({})], { prices: { currency: 'USD', models } })
    expect(modes[0]?.cost?.median).toBeCloseTo(cost, 10)
    expect(modes[0]?.totals.cost).toBeCloseTo(cost, 10)
    expect(currency).toBe('USD')
  })

  test.each([{ other: price }, {}])('has no costs from the prices %j', (models) => {
    const { modes, currency } = summaryOf([record({})], { prices: { currency: 'USD', models } })
    expect([modes[0]?.cost, modes[0]?.totals.cost, currency]).toEqual([null, null, null])
  })
})

describe('reports', () => {
  const summary = summaryOf(
    [
      record({}),
      record({ repeat: 1, status: 'failed', reasons: ['expected | "a"\n<script>'], trace: 'traces/t2' }),
      record({
        mode: 'code',
        turns: 2,
        inputTokens: 900,
        cachedInputTokens: 0,
        cacheWriteInputTokens: 0,
        toolCalls: 12,
      }),
    ],
    { prices: { currency: 'USD', models: { 'm-1': price } } },
  )

  test('for a terminal have a table for modes, tags and tasks, and the runs that did not pass', () => {
    expect(textReport(summary, 'dir')).toContain(
      `Model m-1 (anthropic). Tasks: 2, repeats: 2, finished runs: 3.
Figures are medians of finished runs (minimum–maximum).
Pairs of runs of a task: both passed 1, only plain 0, only code 0, neither 0.
Total cost, with runs that ended with an error: plain 0.042 USD, code 0.0068 USD.

mode   passed       95 % interval  turns  tool calls  input tokens  cached  output tokens  cost        time
plain  1/2 (50 %)   9 %–91 %       4      3           10,000        4,000   500            0.021 USD   2.5 s
code   1/1 (100 %)  21 %–100 %     2      12          900           0       500            0.0068 USD  2.5 s
`,
    )
    expect(textReport(summary, 'dir')).toContain(
      String.raw`failed: one, plain, run 2: expected | "a"\u{a}<script>
  codecell trace view dir/traces/t2
`,
    )
  })

  test('in Markdown show texts of models as they are', () => {
    const text = markdownReport(summary)
    expect(text).toContain('| mode | passed | 95 % interval |')
    expect(text).toContain('| plain | 1/2 (50 %) | 9 %–91 % | 4 | 3 | 10,000 | 4,000 | 500 | 0.021 USD | 2.5 s |')
    expect(text).toContain(String.raw`expected \| "a"\\u\{a\}\<script\>`)
  })

  test('say that small differences mean little after one run of each task', () => {
    const text = 'small differences are within the randomness of the model'
    expect(textReport(summaryOf([record({})], { repeats: 1 }), 'dir')).toContain(text)
    expect(textReport(summary, 'dir')).not.toContain(text)
  })

  test('have one line for each run', () => {
    const progress = { done: 3, all: 80 }
    expect(runLine(record({}), progress)).toBe('[3/80] one plain run 1: passed, 4 turns, 10,500 tokens, 2.5 s')
    const failed = record({ status: 'failed', turns: 1, reasons: ['a\u001b[2J', 'b'] })
    expect(runLine(failed, progress)).toContain('failed, 1 turn, 10,500 tokens, 2.5 s: a')
    expect(runLine(failed, progress)).not.toContain('\u001b')
  })
})
