import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const workshop = new URL('./.examples/', import.meta.url)
const cwd = fileURLToPath(workshop)
beforeAll(() => mkdirSync(workshop, { recursive: true }))
afterAll(() => rmSync(workshop, { recursive: true, force: true }))

/** Writes the blocks of a page as programs, and gives the path of one. */
function example(page: string, index = 0): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  const block = [...text.matchAll(/```ts\n([\s\S]*?)```/g)][index]?.[1]
  if (block === undefined) throw new Error(`${page} has no example ${index + 1}`)
  const program = new URL(`${page}-${index + 1}.ts`, workshop)
  writeFileSync(program, block)
  return fileURLToPath(program)
}

function outputOf(program: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { cwd, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

test('the example of the page about approvals asks about two calls, one after the other', () => {
  const asked = '\n\n1 call of tools.delete_mail from line 1\n'
  const output = outputOf(example('approvals.md'))
  expect(output.split(asked)).toHaveLength(3)
  expect(output).toMatch(/\{"id":0\}[\s\S]*\{"id":1\}[\s\S]*type: 'completed'[\s\S]*'gone'[\s\S]*'gone'/)
})

test('the example of the page about catalogues finds its tool', () => {
  expect(outputOf(example('catalogue.md')).match(/identifier: 'create_event'|\[\]/g)).toEqual([
    "identifier: 'create_event'",
    "identifier: 'create_event'",
    '[]',
    "identifier: 'create_event'",
  ])
})

test('the example of the page about durability goes on after it was killed, and says everything once', async () => {
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

test('the example of the page about durability that undoes calls undoes the last one first', () => {
  expect(outputOf(example('durability.md', 1)).replaceAll(/\s+/g, ' ')).toMatch(
    /\/tool-2', type: 'reverted' \}, \{ key: '[-0-9a-f]+\/1\/tool-1', type: 'reverted' \} \] 0 $/,
  )
})

test.each([['eviction.md'], ['waiting.md']])('the example of %s runs', (page) => {
  expect(outputOf(example(page))).toBe('')
})

test('the example of the page about the MCP server is a server', async () => {
  const client = new Client({ name: 'test', version: '1' })
  writeFileSync(new URL('codecell.json', workshop), '{ "mcpServers": {} }')
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [example('mcp-server.md')], cwd, stderr: 'ignore' }),
  )
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(['exec', 'wait'])
  await client.close()
})
