import { describe, expect, test } from 'vitest'
import { startSolvingModel } from './model/solving-model.ts'
import { runEval } from './run-eval.ts'

describe('an evaluation', () => {
  test.each([
    ['openai-chat', []],
    ['openai-responses', []],
    ['openai-responses', ['--exec-form', 'custom']],
    ['anthropic', []],
  ] as const)('over the API %s with %j solves tasks in both modes and counts what happened', async (api, flags) => {
    await using server = await startSolvingModel()
    const { code, err, records, out } = await runEval(
      server,
      ['--task', 'shop-refund-once', ...flags, '--no-trace', '--json'],
      { api },
    )
    expect({ code, err, refusals: server.refusals }).toEqual({ code: 0, err: '', refusals: [] })
    expect(records.map(({ status }) => status)).toEqual(Array.from({ length: 2 }, () => 'passed'))
    const sum = (name: 'turns' | 'inputTokens' | 'cachedInputTokens' | 'outputTokens'): number =>
      records.reduce((total, record) => total + record[name], 0)
    expect(sum('turns')).toBe(server.count)
    expect({ input: sum('inputTokens'), cached: sum('cachedInputTokens'), output: sum('outputTokens') }).toEqual(
      server.usage,
    )
    expect(JSON.parse(out)).toMatchObject({
      modes: [
        { mode: 'plain', passed: 1, runs: 1 },
        { mode: 'code', passed: 1 },
      ],
    })
    const counts = records.map(({ mode, toolCalls, modelCalls }) => `${mode} ${toolCalls} ${modelCalls}`)
    expect(counts.toSorted()).toEqual(['code 3 1', 'plain 3 3'])
  })
})
