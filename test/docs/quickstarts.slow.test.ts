import { chmodSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startModelServer } from '../support/scripted-models/model-server.ts'
import { Project, stepsOf } from './page-runner.ts'

const docs = new URL('../../docs/', import.meta.url)

/** The program that the scripted models write. */
const program = `
const cities = ['Oslo', 'Lima', 'Montevideo']
const all = await Promise.all(cities.map((city) => tools.get_weather({ city })))
text(cities.toSorted((a, b) => all[cities.indexOf(b)].celsius - all[cities.indexOf(a)].celsius)[0])`
const conclusion = 'Montevideo is warmest.'

const response = (...output: object[]): object => ({ id: 'resp', object: 'response', status: 'completed', output })
const content = [{ type: 'output_text', text: conclusion, annotations: [] }]
const spoken = response({ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content })
const message = (stop: string, block: object): object => ({
  id: 'msg',
  type: 'message',
  role: 'assistant',
  stop_reason: stop,
  content: [block],
})

test('each quickstart has at most 60 lines', () => {
  for (const page of globSync('quickstart/*.md', { cwd: docs })) {
    expect(readFileSync(new URL(page, docs), 'utf8').split('\n').length, page).toBeLessThanOrEqual(61)
  }
})

test.each(['own-loop', 'mcp-client'])('the quickstart %s prints what the page says', async (name) => {
  using project = new Project()
  await project.follow(stepsOf(`quickstart/${name}.md`))
  if (name === 'mcp-client') expect(await project.run('cat .mcp.json')).toContain('codecell')
})

test('the quickstart codex installs a host that starts', async () => {
  using project = new Project()
  const codex = join(project.folder, '.bin', 'codex')
  writeFileSync(codex, '#!/bin/sh\necho codex\n')
  chmodSync(codex, 0o755)
  writeFileSync(`${codex}-code-mode-host`, '')
  expect(await project.follow(stepsOf('quickstart/codex.md'))).toMatch(/codex\n$/)
})

test('the quickstart responses runs the program of a scripted model', async () => {
  const exec = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', name: 'exec', input: program }
  await using api = await startModelServer([response(exec), spoken])
  using project = new Project({ OPENAI_API_KEY: 'none', OPENAI_BASE_URL: api.url })
  await project.follow(stepsOf('quickstart/responses.md'))
  expect(api.requests[1]).toContain('"text":"Montevideo"')
})

test('the quickstart openai-agents runs the program of a scripted model', async () => {
  const args = JSON.stringify({ code: program })
  const exec = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'exec', arguments: args }
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 }
  await using api = await startModelServer([
    { ...response(exec), usage },
    { ...spoken, usage },
  ])
  const env = { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: api.url, OPENAI_AGENTS_DISABLE_TRACING: '1' }
  using project = new Project(env)
  await project.follow(stepsOf('quickstart/openai-agents.md'))
  expect(api.requests[1]).toContain('Montevideo')
})

test('the quickstart messages runs the program of a scripted model', async () => {
  await using api = await startModelServer([
    message('tool_use', { type: 'tool_use', id: 'toolu_1', name: 'exec', input: { code: program } }),
    message('end_turn', { type: 'text', text: conclusion }),
  ])
  using project = new Project({ ANTHROPIC_API_KEY: 'none', ANTHROPIC_BASE_URL: api.url })
  await project.follow(stepsOf('quickstart/messages.md'))
  expect(api.requests[1]).toContain('"text":"Montevideo"')
})

test('the quickstart ai-sdk runs the program of a scripted model', async () => {
  // The SDK takes the model of a name from this provider.
  const support = fileURLToPath(new URL('../support/scripted-models/ai-sdk-model.ts', import.meta.url))
  const turns = JSON.stringify([{ exec: program }, conclusion])
  using project = new Project({ AI_GATEWAY_API_KEY: 'none', NODE_OPTIONS: '--import ./provider.ts' })
  project.write(
    'provider.ts',
    `import { scriptedModel } from ${JSON.stringify(support)}
const model = scriptedModel(${turns})
Object.assign(globalThis, { AI_SDK_DEFAULT_PROVIDER: { specificationVersion: 'v4', languageModel: () => model } })`,
  )
  await project.follow(stepsOf('quickstart/ai-sdk.md'))
})
