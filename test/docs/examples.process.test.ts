import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { exportJsonLines } from '../../src/trace.ts'
import { changeRecord, withAnswer } from '../trace-replay/bundle-edits.ts'
import { record, reduced } from '../trace/recorded.ts'
import { sampleBundle, traceId } from '../trace/write-sample.ts'

/** Inside the package, so that examples can import it by its name. */
const workshop = new URL('./.examples/', import.meta.url)
const cwd = fileURLToPath(workshop)
beforeEach(() => mkdirSync(workshop, { recursive: true }))
afterEach(() => rmSync(workshop, { recursive: true, force: true }))

/** Writes the blocks of a page as programs, and gives the path of one. */
function example(page: string, index = 0): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  const block = [...text.matchAll(/```ts\n([\s\S]*?)```/g)][index]?.[1]
  if (block === undefined) throw new Error(`${page} has no example ${index + 1}`)
  const program = new URL(`${page}-${index + 1}.ts`, workshop)
  writeFileSync(program, block)
  return fileURLToPath(program)
}

function outputOf(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

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

test('the example of approvals.md asks about two calls, one after the other', () => {
  const asked = '\n\n1 call of tools.delete_mail from line 1\n'
  const output = outputOf(example('approvals.md'))
  expect(output.split(asked)).toHaveLength(3)
  expect(output).toMatch(/\{"id":0\}[\s\S]*\{"id":1\}[\s\S]*type: 'completed'[\s\S]*'gone'[\s\S]*'gone'/)
})

test('the example of catalogue.md finds its tool', () => {
  expect(outputOf(example('catalogue.md')).match(/identifier: 'create_event'|\[\]/g)).toEqual([
    "identifier: 'create_event'",
    "identifier: 'create_event'",
    '[]',
    "identifier: 'create_event'",
  ])
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

test('the second example of durability.md undoes the last call first', () => {
  expect(outputOf(example('durability.md', 1)).replaceAll(/\s+/g, ' ')).toMatch(
    /\/tool-2', type: 'reverted' \}, \{ key: '[-0-9a-f]+\/1\/tool-1', type: 'reverted' \} \] 0 $/,
  )
})

test.each([['eviction.md'], ['waiting.md']])('the example of %s runs', (page) => {
  expect(outputOf(example(page))).toBe('')
})

test('the example of telemetry.md runs without an SDK', () => {
  expect(outputOf(example('telemetry.md'))).toBe('2\n')
})

test('the example of trace-export.md runs', () => {
  const { directory, state, bundle } = reduced(sampleBundle())
  const { length } = [...exportJsonLines(state, bundle)]
  expect(outputOf(example('trace-export.md'), directory)).toMatch(
    new RegExp(`^trace ${traceId} {2}completed[\\s\\S]*\\n${length} ms 1\\n$`),
  )
})

test('the example of replay.md finds the cell that differs', async () => {
  const { directory } = await record({ tools: [{ name: 'add', call: () => 3 }] }, async ({ session }) => {
    await session.execute('text(1)')
    await session.execute('text(await tools.add({}))')
  })
  changeRecord(directory, 2, (line) => withAnswer(line, '4'))
  mkdirSync(new URL('traces/', workshop))
  renameSync(directory, new URL('traces/trace-1', workshop))
  expect(outputOf(example('replay.md'))).toMatch(
    /^2 \{\n {2}event: 3,\n {2}recorded: \{ type: 'text', body: '3' \},\n {2}now: \{ type: 'text', body: '4' \}/,
  )
})

test('the examples of tracing.md record whole bundles', () => {
  for (const index of [0, 1]) outputOf(example('tracing.md', index))
  const states = readdirSync(new URL('traces/', workshop)).map(
    (bundle) => reduced(fileURLToPath(new URL(`traces/${bundle}`, workshop))).state,
  )
  expect(states.map(({ recording_complete: isComplete }) => isComplete)).toEqual([true, true])
  expect(
    states.flatMap(({ conversation_items: items }) => Object.values(items).map(({ kind }) => kind)).toSorted(),
  ).toEqual(['custom_tool_call', 'custom_tool_call_output', 'message', 'message'])
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
