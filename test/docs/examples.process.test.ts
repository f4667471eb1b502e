import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, test, vi } from 'vitest'
import { cwd, example, outputOf, workshop } from './examples.ts'

test('the example of the README prints what the README says', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, source = ''] = /```ts\n(import[\s\S]*?)```/.exec(readme) ?? []
  const [, shown = ''] = /console\.log\(response\.items\)\n([\s\S]*)$/.exec(source) ?? []
  const program = new URL('readme.ts', workshop)
  writeFileSync(program, source)
  writeFileSync(new URL('mcp.json', workshop), '{ "mcpServers": {} }')
  const plain = (text: string): string =>
    text
      .replaceAll(/^\/\/ /gm, '')
      .replaceAll(/Wall time \d+\.\d seconds/g, 'Wall time 0.0 seconds')
      .replaceAll(/\s+/g, ' ')
      .trim()
  expect(plain(outputOf(fileURLToPath(program)))).toBe(plain(shown))
})

test('the example of approvals.md prompts for two calls, one after the other', () => {
  const prompt = '\n\n1 call of tools.delete_mail from line 1\n'
  const output = outputOf(example('approvals.md'))
  expect(output.split(prompt)).toHaveLength(3)
  expect(output).toMatch(/\{"id":0\}[\s\S]*\{"id":1\}[\s\S]*type: 'completed'[\s\S]*'gone'[\s\S]*'gone'/)
})

test('the example of durability.md resumes after SIGKILL and prints everything once', async () => {
  const program = example('durability.md')
  const journal = new URL('sessions/invoices/cells/1.jsonl', workshop)
  const first = spawn(process.execPath, [program], { cwd, stdio: 'ignore' })
  await vi.waitFor(() => expect(existsSync(journal) && readFileSync(journal, 'utf8')).toContain('timer'), {
    timeout: 50_000,
    interval: 5,
  })
  first.kill('SIGKILL')
  await once(first, 'exit')
  expect(outputOf(program).match(/type: 'completed'|text: '\w+'/g)).toEqual([
    "type: 'completed'",
    "text: 'begun'",
    "text: 'done'",
  ])
})

test('the example of mcp-server.md is an MCP server', async () => {
  const client = new Client({ name: 'test', version: '1' })
  writeFileSync(new URL('codecell.json', workshop), '{ "mcpServers": {} }')
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [example('mcp-server.md')], cwd, stderr: 'ignore' }),
  )
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(['exec', 'wait'])
  await client.close()
})
