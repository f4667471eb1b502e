import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadTasks, ownTasks } from '../../src/cli/eval/tasks/load-tasks.ts'
import { newFolder } from '../support/folder.ts'
import { runInProcess } from '../support/in-process-cli.ts'
import { startSolvingModel } from './model/solving-model.ts'
import { modelKey } from './model/scripted-model.ts'
import { solutions } from './solutions/index.js'

const { tasks } = loadTasks(ownTasks())

/** Runs tasks in both modes, and returns the records of the results. */
async function evaluate(
  model: string,
  api: string,
  ids: readonly string[],
): Promise<readonly Record<string, unknown>[]> {
  await using server = await startSolvingModel()
  const folder = join(newFolder(), 'results')
  const flags = ['--model', model, '--api', api, '--base-url', server.url, '--key-env', 'MODEL_KEY', '-o', folder]
  const selected = ids.flatMap((id) => ['--task', id])
  const { err } = await runInProcess(['eval', ...flags, ...selected, '--no-trace', '--quiet'], {
    io: { env: { MODEL_KEY: modelKey } },
  })
  expect(err).toBe('')
  expect(server.refusals).toEqual([])
  const lines = readFileSync(join(folder, 'results.jsonl'), 'utf8').trimEnd().split('\n').slice(1)
  return lines.map((line): Record<string, unknown> => JSON.parse(line))
}

describe('the tasks of this package', () => {
  test('are 40, each with a solution and at least one wrong one', () => {
    expect(tasks).toHaveLength(40)
    expect(Object.keys(solutions).toSorted()).toEqual(tasks.map(({ id }) => id))
    for (const { wrong } of Object.values(solutions)) expect(Object.keys(wrong).length).toBeGreaterThan(0)
  })

  test.each([
    ['openai-chat', tasks],
    ['openai-responses', tasks.filter((_, at) => at % 2 === 0)],
    ['anthropic', tasks.filter((_, at) => at % 2 === 1)],
  ] as const)('are solved by the right solutions in both modes, over the API %s', async (api, some) => {
    const ids = some.map(({ id }) => id)
    const records = await evaluate('right', api, ids)
    expect(records.filter(({ status }) => status !== 'passed')).toEqual([])
    expect(records).toHaveLength(2 * ids.length)
  })

  test.each([0, 1])('refuse the wrong solutions with the number %i in both modes', async (number) => {
    const ids = tasks.map(({ id }) => id).filter((id) => Object.keys(solutions[id]?.wrong ?? {}).length > number)
    const records = await evaluate(`wrong-${number}`, 'openai-chat', ids)
    expect(records).toHaveLength(2 * ids.length)
    for (const { status, task, mode, reasons, answer } of records) {
      // A solution that crashes would be refused for another reason.
      expect([task, mode, status, String(answer).includes('the solution failed')]).toEqual([
        task,
        mode,
        'failed',
        false,
      ])
      expect(String(reasons)).not.toContain('has no line "ANSWER')
    }
  })
})
