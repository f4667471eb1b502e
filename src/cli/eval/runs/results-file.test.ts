import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import type { EvalHeader } from './eval-settings.ts'
import { ResultsFile } from './results-file.ts'
import type { RunRecord } from './run-record.ts'

const header: EvalHeader = {
  format: 1,
  codecell: '1.0.0',
  model: 'm',
  api: 'openai-chat',
  baseUrl: 'http://127.0.0.1/v1',
  limits: { maxTurns: 1, maxTokens: 1, maxSeconds: 1 },
  maxOutputTokens: null,
  seed: null,
  execForm: 'function',
  params: {},
  tasks: { one: 'aaaa' },
}

const record: RunRecord = {
  task: 'one',
  mode: 'plain',
  repeat: 0,
  status: 'passed',
  reasons: [],
  answer: null,
  turns: 1,
  modelCalls: 0,
  toolCalls: 0,
  inputTokens: 1,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 1,
  turnsWithoutUsage: 0,
  durationMs: 1,
  modelMs: 1,
  retries: 0,
  startedAt: '2026-01-01T00:00:00.000Z',
  trace: null,
}

test('a results file has every record that was added, in any process', () => {
  const folder = newFolder()
  new ResultsFile(folder, header).add(record)
  const opened = new ResultsFile(folder, header)
  opened.add({ ...record, mode: 'code', status: 'error', reasons: ['x'] })
  const { records } = new ResultsFile(folder, header)
  expect(records.map(({ mode, status }) => [mode, status])).toEqual([
    ['plain', 'passed'],
    ['code', 'error'],
  ])
  expect(opened.has({ task: 'one', mode: 'plain', repeat: 0 })).toBe(true)
  expect(opened.has({ task: 'one', mode: 'code', repeat: 0 })).toBe(false)
})

test('a results file takes more tasks, and remembers them', () => {
  const folder = newFolder()
  const file = new ResultsFile(folder, header)
  file.add(record)
  const more = { ...header, tasks: { one: 'aaaa', two: 'bbbb' } }
  expect(new ResultsFile(folder, more).records).toHaveLength(1)
  expect(() => new ResultsFile(folder, { ...header, tasks: { two: 'cccc' } })).toThrow(
    'the task "two" has changed since',
  )
  expect(new ResultsFile(folder, { ...header, tasks: { two: 'bbbb' } }).records).toHaveLength(1)
})

test.each([
  ['{"task":7}', 'line 2.task: expected a string that is not empty, got 7'],
  ['{"task":"one","mode":"both"}', 'line 2.mode: expected one of plain, code, got "both"'],
  ['nonsense', 'is not valid JSON'],
])('a results file with the line %s is refused', (line, reason) => {
  const folder = newFolder()
  expect(new ResultsFile(folder, header).records).toEqual([])
  appendFileSync(join(folder, 'results.jsonl'), `${line}\n`)
  expect(() => new ResultsFile(folder, header)).toThrow(reason)
})

test.each([
  ['{"format":2}', 'line 1.format: expected 1, got 2'],
  ['[]', 'line 1: expected an object, got []'],
])('a results file that starts with %s is refused and stays unchanged', (line, reason) => {
  const folder = newFolder()
  const file = join(folder, 'results.jsonl')
  writeFileSync(file, `${line}\n`)
  expect(() => new ResultsFile(folder, header)).toThrow(`Cannot use the results in ${folder}: ${reason}`)
  expect(readFileSync(file, 'utf8')).toBe(`${line}\n`)
})
