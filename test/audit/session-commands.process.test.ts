import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSession, readSession, type Tool } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { connectMcpServers, loadMcpConfig } from '../../src/mcp.ts'
import { runCli } from './run-cli.ts'

const fixture = fileURLToPath(new URL('../fixtures/keeping-mcp-server.ts', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'codecell-commands-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const objects = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))

const tools: readonly Tool[] = [
  { name: 'echo', call: (input) => input },
  { name: 'never', call: () => new Promise(() => undefined) },
]

test('sessions, cells and ledger are shown as text and as JSON, while the session is open', async () => {
  const durable = join(folder, 'sessions')
  await using session = await createSession({ durable, id: 'work', hosts: inProcessHostPool(), tools })
  await session.execute('await tools.echo({ a: "\u001b[31mred" })', { callId: 'call-1' })
  await session.execute('\n// waits\nawait tools.never({ n: 2 })', { yieldTimeMs: 0 })
  const sessions = await runCli(folder, ['sessions', '--durable', 'sessions'])
  expect(sessions).toEqual({
    code: 0,
    err: '',
    out: expect.stringMatching(
      new RegExp(
        `^SESSION +OPEN +CELLS +CALLS +LAST ACTIVITY\nwork +by process ${process.pid} +1 running, 1 ended +1 under way, 1 made +\\d{4}-.* UTC \\(.*\\)\n$`,
      ),
    ),
  })
  const listed = await runCli(folder, ['sessions', '--durable', 'sessions', '--json'])
  expect(objects(listed.out)).toEqual([
    {
      type: 'session',
      id: 'work',
      opened_by: { pid: process.pid },
      created_at: expect.any(Number),
      last_activity_at: expect.any(Number),
      cells: { running: 1, finished: 0, closed: 1 },
      calls: { not_started: 0, started: 1, applied: 1, failed: 0, unknown: 0 },
      approvals: 0,
    },
  ])
  const cells = await runCli(folder, ['cells', 'work', '--durable', 'sessions'])
  expect(cells.out.split('\n')).toEqual([
    expect.stringMatching(/^CELL +STATE +STARTED +ENDED +PROGRAM$/),
    expect.stringMatching(/^1 +completed +\d.* UTC .*\\u\{1b\}\[31mred/),
    expect.stringMatching(/^2 +waits for never \(tool-1\) +\d.* UTC \(.*\) +- +\/\/ waits$/),
    '',
  ])
  const cellObjects = objects((await runCli(folder, ['cells', 'work', '--durable', 'sessions', '--json'])).out)
  expect(cellObjects[1]).toEqual({
    cell_id: '2',
    exec_call_id: null,
    state: 'running',
    waits: [{ type: 'tool', call_id: 'tool-1', identifier: 'never', since: expect.any(Number) }],
    ending: null,
    error: null,
    started_at: expect.any(Number),
    ended_at: null,
    source: '\n// waits\nawait tools.never({ n: 2 })',
  })
  const ledger = await runCli(folder, ['ledger', 'work', '--durable', 'sessions', '--cell', '2'])
  expect(ledger.out.split('\n').slice(1)).toEqual([
    expect.stringMatching(/^work\/2\/tool-1 +started +\d.* UTC \(.*\) +never\(\{"n":2\}\)$/),
    '',
  ])
  const calls = await runCli(folder, ['ledger', 'work', '--durable', 'sessions', '--state', 'applied', '--json'])
  expect(objects(calls.out)).toMatchObject([{ key: 'work/1/tool-1', identifier: 'echo', reverted: null }])
  const none = await runCli(folder, ['ledger', 'work', '--durable', 'sessions', '--state', 'unknown'])
  expect(none).toEqual({ code: 0, out: 'There are no such calls\n', err: '' })
})

test.each([
  [['sessions'], 2, /^Cannot tell where the sessions are: pass --durable DIR\nSee: codecell help sessions\n$/],
  [['sessions', '--durable', 'nowhere'], 2, /^Cannot read sessions: there is no folder "nowhere"\n$/],
  [['cells', 'work', '--durable', '.'], 2, /^Cannot read session "work": there is none in "\."\n$/],
  [['cells', '--durable', '.'], 2, /^Cannot tell what to do: the name of one session is expected\n/],
  [['ledger', 'x', '--durable', '.', '--state', 'odd'], 2, /^Cannot use --state odd: not_started, started, /],
  [['revert', 'x', '--durable', '.'], 2, /^Cannot tell what to do: a session and one of its cells are expected\n/],
])('codecell %j says what is wrong', async (args, code, err) => {
  expect(await runCli(folder, args)).toEqual({ code, out: '', err: expect.stringMatching(err) })
})

test('codecell revert undoes the calls of a cell by the tools of its configuration, once', async () => {
  const file = join(folder, 'codecell.json')
  const things = join(folder, 'things.json')
  const revert = { tool: 'delete', input: { id: '$result.structuredContent.id' } }
  const codecell = { tools: { create: { revert } } }
  const shop = { command: process.execPath, args: [fixture, things], codecell }
  writeFileSync(file, JSON.stringify({ mcpServers: { shop } }))
  {
    await using servers = await connectMcpServers(await loadMcpConfig(file))
    const durable = join(folder, 'sessions')
    await using session = await createSession({ durable, id: 'work', hosts: inProcessHostPool(), tools: servers.tools })
    const source = 'for (const id of ["a", "b"]) await tools.mcp__shop__create({ id })'
    expect(await session.execute(source)).toMatchObject({ type: 'completed' })
  }
  expect(JSON.parse(readFileSync(things, 'utf8'))).toEqual(['a', 'b'])
  const args = ['revert', 'work', '1', '--durable', 'sessions']
  expect(await runCli(folder, args)).toEqual({
    code: 2,
    out: '',
    err: 'Undo 2 calls of cell 1 in session work? Nobody can be asked here: pass --yes\n',
  })
  expect(await runCli(folder, [...args, '--yes'])).toEqual({
    code: 0,
    out: 'work/1/tool-2  reverted  mcp__shop__create\nwork/1/tool-1  reverted  mcp__shop__create\n',
    err: '',
  })
  expect(JSON.parse(readFileSync(things, 'utf8'))).toEqual([])
  const again = await runCli(folder, [...args, '--yes', '--json'])
  expect(objects(again.out)).toMatchObject([{ result: 'already_reverted' }, { result: 'already_reverted' }])
  expect(readSession(join(folder, 'sessions'), 'work').ledger.map(({ reverted }) => reverted?.type)).toEqual([
    'reverted',
    'reverted',
  ])
})
