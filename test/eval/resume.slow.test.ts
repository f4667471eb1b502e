import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { runCli, startCli } from '../support/cli.ts'
import { startScriptedModel, modelKey, type ScriptedModel } from './model/scripted-model.ts'
import { recordsIn, runEval, smallTasks } from './run-eval.ts'

/** Starts a model that always returns the right answer. */
async function startRight(): Promise<ScriptedModel> {
  return await startScriptedModel({ reply: () => ({ text: 'ANSWER: paid' }) })
}

const flags = ['--mode', 'plain', '--no-trace']

describe('an evaluation in a folder with results', () => {
  test('makes only the runs that are missing', async () => {
    await using server = await startRight()
    const tasks = smallTasks()
    const { folder } = await runEval(server, flags, { tasks })
    expect(server.count).toBe(1)
    await runEval(server, [...flags, '--repeat', '3'], { tasks, folder })
    expect(server.count).toBe(3)
    const { records } = await runEval(server, ['--no-trace', '--repeat', '3'], { tasks, folder })
    expect(server.count).toBe(6)
    const keys = records.map(({ mode, repeat }) => `${mode} ${repeat}`)
    expect(keys.toSorted()).toEqual(['code 0', 'code 1', 'code 2', 'plain 0', 'plain 1', 'plain 2'])
  })

  test('repeats the runs that ended with an error', async () => {
    let isBroken = true
    const fault = (): { readonly status: number } | null => (isBroken ? { status: 400 } : null)
    await using server = await startScriptedModel({ reply: () => ({ text: 'ANSWER: paid' }), fault })
    const tasks = smallTasks()
    const { folder, code } = await runEval(server, flags, { tasks })
    expect(code).toBe(1)
    isBroken = false
    const again = await runEval(server, flags, { tasks, folder })
    expect({ code: again.code, ends: again.records.map(({ status }) => status) }).toEqual({
      code: 0,
      ends: ['error', 'passed'],
    })
    expect(again.out).toContain('1/1 (100 %)')
  })

  test('removes a line that a killed process did not complete', async () => {
    await using server = await startRight()
    const tasks = smallTasks()
    const { folder } = await runEval(server, flags, { tasks })
    const file = join(folder, 'results.jsonl')
    const before = readFileSync(file, 'utf8')
    appendFileSync(file, '{"task":"small","mode":"plain","rep')
    const { code, records } = await runEval(server, flags, { tasks, folder })
    expect({ code, count: server.count, runs: records.length }).toEqual({ code: 0, count: 1, runs: 1 })
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  test('begins again when only a part of the first line is there', async () => {
    await using server = await startRight()
    const tasks = smallTasks()
    const { folder } = await runEval(server, flags, { tasks })
    writeFileSync(join(folder, 'results.jsonl'), '{"format":1,"mod')
    expect(await runEval(server, flags, { tasks, folder })).toMatchObject({ code: 0 })
    expect(server.count).toBe(2)
  })

  test.each([
    ['another model', [], { model: 'other' }, 'model is "right" there, not "other"; use another folder'],
    ['another API', [], { api: 'anthropic' }, 'api is "openai-chat" there, not "anthropic"'],
    ['other limits', ['--max-turns', '7'], {}, 'limits is {"maxTurns":100,'],
    ['other parameters', ['--param', 'temperature=1'], {}, 'params is {} there, not {"temperature":1}'],
  ] as const)('refuses %s', async (_name, more, options, reason) => {
    await using server = await startRight()
    const tasks = smallTasks()
    const { folder } = await runEval(server, flags, { tasks })
    const { code, err } = await runEval(server, [...flags, ...more], { tasks, folder, ...options })
    expect(code).toBe(2)
    expect(err).toContain(`Cannot use the results in ${folder}: ${reason}`)
    expect(server.count).toBe(1)
  })

  test.each([
    ['small.json', '"paid"', '"lost"'],
    ['mcp.json', '"command":"node"', '"command":"node","env":{"A":"1"}'],
  ])('refuses tasks whose %s has changed since', async (name, before, after) => {
    await using server = await startRight()
    const tasks = smallTasks()
    const { folder } = await runEval(server, flags, { tasks })
    const file = join(tasks, name)
    writeFileSync(file, readFileSync(file, 'utf8').replace(before, after))
    const { code, err } = await runEval(server, flags, { tasks, folder })
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('the task "small" has changed since') })
  })

  test('refuses a folder with other files', async () => {
    await using server = await startRight()
    const tasks = smallTasks()
    const other = newFolder()
    writeFileSync(join(other, 'diary.txt'), 'x')
    expect((await runEval(server, flags, { tasks, folder: other })).err).toContain('expected a new or empty folder')
  })
})

test('Ctrl-C ends an evaluation with 130, and the same command resumes', async () => {
  let isHanging = true
  await using server = await startScriptedModel({
    reply: async ({ tools }) => {
      const isPlain = tools.every(({ name }) => name !== 'exec')
      return isPlain || !isHanging ? { text: 'ANSWER: paid' } : await new Promise<never>(() => undefined)
    },
  })
  const folder = join(newFolder(), 'results')
  const own = ['--model', 'm', '--api', 'openai-chat', '--base-url', server.url, '--key-env', 'MODEL_KEY', '-o', folder]
  const args = ['eval', smallTasks(), ...own, '--concurrency', '1']
  const options = { env: { MODEL_KEY: modelKey } }
  const first = startCli(args, options)
  await expect.poll(() => server.count).toBe(2)
  first.child.kill('SIGINT')
  expect(await first.result).toMatchObject({ code: 130 })
  expect(recordsIn(folder).map(({ mode, status }) => [mode, status])).toEqual([['plain', 'passed']])
  expect(existsSync(join(folder, 'report.md'))).toBe(false)
  isHanging = false
  const second = await runCli(args, options)
  expect(second).toMatchObject({ code: 0, out: expect.stringContaining('finished runs: 2') })
  expect(server.count).toBe(3)
})
