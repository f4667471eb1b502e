import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { runInProcess } from '../support/in-process-cli.ts'
import { startSolvingModel } from './model/solving-model.ts'
import { startScriptedModel } from './model/scripted-model.ts'
import { runEval, smallTasks } from './run-eval.ts'

describe('an evaluation', () => {
  test('gives the model only exec and wait in code mode, and only the tools of servers in plain mode', async () => {
    await using server = await startSolvingModel()
    await runEval(server, ['--task', 'shop-order-status', '--no-trace'])
    const names = server.requests.map(({ tools }) => tools.map(({ name }) => name).toSorted())
    const isCode = (list: readonly string[]): boolean => list.includes('exec')
    expect(names.find(isCode)).toEqual(['exec', 'wait'])
    expect(names.find((list) => !isCode(list))).toHaveLength(10)
    expect(new Set(server.requests.map(({ system, prompt }) => system + prompt)).size).toBe(1)
  })

  test('sends the seed of each repeat, the maximum of output tokens, and parameters', async () => {
    await using server = await startSolvingModel()
    const flags = ['--task', 'shop-order-status', '--mode', 'code', '--repeat', '2', '--seed', '40']
    await runEval(server, [...flags, '--max-output-tokens', '900', '--param', 'temperature=0.5', '--no-trace'])
    expect(new Set(server.requests.map(({ body }) => body['seed']))).toEqual(new Set([40, 41]))
    for (const { body } of server.requests) expect(body).toMatchObject({ max_completion_tokens: 900, temperature: 0.5 })
  })

  test('returns the reasoning of the model to the Responses API, and stores nothing there', async () => {
    await using server = await startSolvingModel()
    const flags = ['--task', 'shop-order-status', '--mode', 'plain', '--no-trace']
    await runEval(server, flags, { api: 'openai-responses' })
    expect(server.requests.at(-1)?.body).toMatchObject({
      store: false,
      include: ['reasoning.encrypted_content'],
      input: [
        { role: 'user' },
        { type: 'reasoning', encrypted_content: 'sealed' },
        { type: 'function_call', call_id: 'call0-1' },
        { type: 'function_call_output', call_id: 'call0-1' },
      ],
    })
  })

  test('sends no reasoning back that the endpoint did not seal', async () => {
    await using server = await startSolvingModel({ sealsReasoning: false })
    const flags = ['--task', 'shop-order-status', '--mode', 'plain', '--no-trace', '--param', 'include=[]']
    const { records } = await runEval(server, flags, { api: 'openai-responses' })
    expect(records).toMatchObject([{ status: 'passed' }])
    expect(server.requests.at(-1)?.body).toMatchObject({ include: [] })
    expect(JSON.stringify(server.requests.at(-1)?.body)).not.toContain('"reasoning"')
  })

  test.each([
    ['openai-chat', { usage: { prompt_tokens: null, completion_tokens: 3 } }],
    ['openai-chat', { usage: null }],
    ['openai-responses', { usage: { input_tokens: 'many', output_tokens: 3 } }],
    ['anthropic', { usage: { output_tokens: 3.5, input_tokens: 1 } }],
  ] as const)('over the API %s takes %j as a response without numbers of tokens', async (api, usage) => {
    await using server = await startScriptedModel({ reply: () => ({ text: 'ANSWER: paid', members: usage }) })
    const { records } = await runEval(server, ['--no-trace', '--mode', 'plain'], { tasks: smallTasks(), api })
    expect(records[0]).toMatchObject({ status: 'passed', turnsWithoutUsage: 1, inputTokens: 0, outputTokens: 0 })
  })

  test('reports responses without numbers of tokens', async () => {
    await using server = await startScriptedModel({ reply: () => ({ text: 'ANSWER: paid', hasUsage: false }) })
    const { out, records } = await runEval(server, ['--no-trace', '--mode', 'plain'], { tasks: smallTasks() })
    expect(records[0]).toMatchObject({ status: 'passed', turnsWithoutUsage: 1, inputTokens: 0 })
    expect(out).toContain('Responses without numbers of tokens: 1.')
  })

  test.each(['openai-chat', 'openai-responses', 'anthropic'] as const)(
    'over the API %s records each run as a bundle that the trace commands accept',
    async (api) => {
      await using server = await startSolvingModel()
      const { folder, records } = await runEval(server, ['--task', 'shop-refund-once'], { api })
      expect(records).toHaveLength(2)
      for (const { trace, mode } of records) {
        const bundle = join(folder, trace ?? 'none')
        const checked = await runInProcess(['trace', 'check', '--no-replay', bundle])
        expect(checked).toMatchObject({ code: 0, out: expect.stringContaining(`cells: ${mode === 'code' ? 1 : 0}`) })
        const shown = await runInProcess(['trace', 'show', '--full', '--no-color', bundle])
        expect(shown.out).toContain('refund_order')
        expect(shown.out).toContain('ANSWER: done')
        const page = join(newFolder(), 'page.html')
        expect(await runInProcess(['trace', 'view', bundle, '-o', page])).toMatchObject({ code: 0 })
      }
    },
  )
})
