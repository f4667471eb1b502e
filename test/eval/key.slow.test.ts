import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { startScriptedModel, modelKey } from './model/scripted-model.ts'
import { runEval, smallTasks } from './run-eval.ts'

afterEach(() => vi.unstubAllEnvs())

/** Returns the files below a folder that contain a text. */
function filesWith(folder: string, text: string): readonly string[] {
  const files = globSync('**/*', { cwd: folder }).filter((file) => statSync(join(folder, file)).isFile())
  return files.filter((file) => readFileSync(join(folder, file), 'latin1').includes(text))
}

/** A server whose tool returns its environment and arguments. */
const leakingServer = `
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) return
  const environment = JSON.stringify({ env: process.env, argv: process.argv })
  const result =
    method === 'initialize'
      ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'leak', version: '1' } }
      : method === 'tools/list'
        ? { tools: [{ name: 'environment', description: 'x', inputSchema: { type: 'object' } }] }
        : { content: [{ type: 'text', text: environment }] }
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
})`

test.each(['openai-chat', 'openai-responses', 'anthropic'] as const)(
  'servers and programs do not get the key, and results and traces do not contain it, over the API %s',
  async (api) => {
    vi.stubEnv('MODEL_KEY', modelKey)
    const results: string[] = []
    await using server = await startScriptedModel({
      reply: ({ results: [result], tools }) => {
        if (result === undefined) {
          const code = 'text(await tools.mcp__shop__environment({})); text(typeof process)'
          const isCode = tools.some(({ name }) => name === 'exec')
          const call = isCode ? { name: 'exec', input: { code } } : { name: 'mcp__shop__environment', input: {} }
          return { calls: [{ id: 'a', ...call }] }
        }
        results.push(result.text)
        // A model, or a proxy in front of it, that repeats the key.
        return { text: `The key is ${modelKey}.\nANSWER: ${modelKey}` }
      },
    })
    const tasks = smallTasks()
    const entry = {
      command: 'node',
      args: ['-e', leakingServer, '${MODEL_KEY:-none}'],
      env: { OTHER: '${MODEL_KEY:-none}' },
    }
    writeFileSync(join(tasks, 'mcp.json'), JSON.stringify({ mcpServers: { shop: entry } }))
    const { folder, out, err, records } = await runEval(server, [], { api, tasks })
    expect(records.map(({ status }) => status)).toEqual(['failed', 'failed'])
    expect(records[0]?.answer).toBe('The key is [key].\nANSWER: [key]')
    expect(results).toHaveLength(2)
    for (const text of results) {
      expect(text).toContain('OTHER')
      expect(text).not.toContain(modelKey)
    }
    expect(out + err).not.toContain(modelKey)
    expect(filesWith(folder, '[key]').length).toBeGreaterThan(0)
    expect(filesWith(folder, modelKey)).toEqual([])
  },
)

test('errors of the endpoint do not show the key', async () => {
  const body = JSON.stringify({ error: `Incorrect API key provided: ${modelKey}` })
  await using server = await startScriptedModel({ reply: () => ({}), fault: () => ({ status: 401, body }) })
  const { folder, out, err, code } = await runEval(server, [], { tasks: smallTasks() })
  expect(code).toBe(1)
  expect(out).toContain('Incorrect API key provided: [key]')
  expect(out + err).not.toContain(modelKey)
  expect(filesWith(folder, modelKey)).toEqual([])
})

test('the key is sent in another header with --key-header', async () => {
  await using server = await startScriptedModel({ reply: () => ({ text: 'ANSWER: paid' }) })
  const flags = ['--key-header', 'api-key', '--mode', 'plain', '--no-trace']
  const { records } = await runEval(server, flags, { tasks: smallTasks() })
  // The scripted endpoint demands the usual header.
  expect(records[0]?.reasons[0]).toContain('wrong key')
})
