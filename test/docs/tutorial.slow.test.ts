import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startModelServer } from '../support/scripted-models/model-server.ts'
import { Project, stepsOf } from './page-runner.ts'

const page = readFileSync(new URL('../../docs/tutorial.md', import.meta.url), 'utf8')
const [, program = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? []

const response = (...output: object[]): object => ({ id: 'resp', object: 'response', status: 'completed', output })
const content = [{ type: 'output_text', text: 'Both orders are refunded.', annotations: [] }]

test('the steps of the tutorial do what the page says', async () => {
  await using api = await startModelServer([
    response({ type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', name: 'exec', input: program }),
    response({ type: 'function_call', id: 'fc_2', call_id: 'call_2', name: 'wait', arguments: '{"cell_id":"1"}' }),
    response({ type: 'message', id: 'msg_3', role: 'assistant', status: 'completed', content }),
  ])
  using project = new Project({ OPENAI_API_KEY: 'none', OPENAI_BASE_URL: api.url })
  const steps = stepsOf('tutorial.md')
  const at = steps.findIndex(({ text }) => text.includes('KEY --durable'))
  await project.follow(steps.slice(0, at))
  const pending = await project.run('npx codecell approve refunds --durable sessions --json')
  const keys = [...new Set([...pending.matchAll(/"key":"([^"]+)"/g)].map(([, key = '']) => key))]
  expect(keys).toHaveLength(2)
  const allowed = keys.map((key) => steps[at]?.text.replace('KEY', `'${key}'`) ?? '')
  await project.run(allowed.join('\n'))
  const shown = await project.follow(steps.slice(at + 1))
  expect(shown.match(/send_mail/g)?.length).toBeGreaterThanOrEqual(2)
  expect(shown).toContain('applied')
  expect(api.requests).toHaveLength(3)
})
