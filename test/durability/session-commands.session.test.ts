import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, test } from 'vitest'
import { createSession, readSession, type Tool } from '../../src/index.ts'
import { connectMcpServers, loadMcpConfig } from '../../src/mcp.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { runInProcess } from '../support/in-process-cli.ts'
import { testEngine } from '../support/engine.ts'
import { perEngine } from '../support/engine-differences.ts'

const fixture = fileURLToPath(new URL('../fixtures/keeping-mcp-server.ts', import.meta.url))

let folder = ''
let durable = ''
beforeEach(() => {
  folder = newFolder()
  durable = join(folder, 'sessions')
})

const objects = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))

const echo: Tool = { name: 'echo', call: (input) => input }

const resumes = 'No process has the session open: its running cells resume when a process opens it'
const engines = /^Engines of its running cells: [\da-f]{12} \((?:v8|quickjs) [\d.]+\S*\), 1 cell$/
/** The last lines of `codecell cells`, which names an engine other than V8. */
const engineFooter = perEngine('records', [''], ['', expect.stringMatching(engines), ''])

test.each([
  ['text(1)', []],
  ['await tools.gate({})', ['', resumes, expect.stringMatching(engines)]],
])('codecell cells prints a session that is not open, with the program %j and its footer', async (source, footer) => {
  const gate = new Gate()
  const hosts = sharedHosts('in-process')
  const session = await createSession({ storage: durable, sessionId: 'work', hosts, tools: [gate.tool] })
  // A cell with an empty footer has ended before its session closes.
  await session.execute(source, { yieldTimeMs: footer.length === 0 ? 60_000 : 0 })
  const closed = session[Symbol.asyncDispose]()
  gate.open(0)
  await closed
  const { code, out } = await runInProcess(['cells', 'work', '--durable', durable])
  expect([code, out.trimEnd().split('\n').slice(2)]).toEqual([0, footer])
})

test('codecell sessions, cells and ledger print an open session as text and as JSON', async () => {
  const gate = new Gate()
  const hosts = sharedHosts('in-process')
  await using session = await createSession({ storage: durable, sessionId: 'work', hosts, tools: [echo, gate.tool] })
  await session.execute('await tools.echo({ a: "\u001b[31mred" })', { callId: 'call-1' })
  await session.execute('\n// waits\nawait tools.gate({ n: 2 })', { yieldTimeMs: 0 })
  await gate.called(1)
  const sessions = await runInProcess(['sessions', '--durable', durable])
  expect(sessions).toEqual({
    code: 0,
    err: '',
    out: expect.stringMatching(
      new RegExp(
        `^SESSION +OPEN +CELLS +CALLS +LAST ACTIVITY\nwork +by process ${process.pid} +1 running, 1 ended +1 in progress, 1 made +\\d{4}-.* UTC \\(.*\\)\n$`,
      ),
    ),
  })
  const listed = await runInProcess(['sessions', '--durable', durable, '--json'])
  expect(objects(listed.out)).toEqual([
    {
      type: 'session',
      id: 'work',
      opened_by: { pid: process.pid },
      created_at: expect.any(Number),
      last_activity_at: expect.any(Number),
      cells: { running: 1, finished: 0, closed: 1 },
      calls: { not_started: 0, started: 1, deferred: 0, applied: 1, failed: 0, unknown: 0 },
      approvals: 0,
    },
  ])
  const cells = await runInProcess(['cells', 'work', '--durable', durable])
  expect(cells.out.split('\n')).toEqual([
    expect.stringMatching(/^CELL +STATE +STARTED +ENDED +PROGRAM$/),
    expect.stringMatching(/^1 +completed +\d.* UTC .*\\u\{1b\}\[31mred/),
    expect.stringMatching(/^2 +waits for gate \(tool-1\) +\d.* UTC \(.*\) +- +\/\/ waits$/),
    ...engineFooter,
  ])
  const cellObjects = objects((await runInProcess(['cells', 'work', '--durable', durable, '--json'])).out)
  expect(cellObjects[1]).toEqual({
    cell_id: '2',
    exec_call_id: null,
    state: 'running',
    waits: [{ type: 'tool', call_id: 'tool-1', identifier: 'gate', since: expect.any(Number) }],
    ending: null,
    error: null,
    engine: expect.objectContaining({ id: expect.stringMatching(/^[\da-f]{12}$/), name: testEngine, time_zone: '' }),
    started_at: expect.any(Number),
    ended_at: null,
    source: '\n// waits\nawait tools.gate({ n: 2 })',
  })
  const ledger = await runInProcess(['ledger', 'work', '--durable', durable, '--cell', '2'])
  expect(ledger.out.split('\n').slice(1)).toEqual([
    expect.stringMatching(/^work\/2\/tool-1~\w+ +started +\d.* UTC \(.*\) +gate\(\{"n":2\}\)$/),
    '',
  ])
  const calls = await runInProcess(['ledger', 'work', '--durable', durable, '--state', 'applied', '--json'])
  expect(objects(calls.out)).toMatchObject([
    { key: expect.stringMatching(/^work\/1\/tool-1~\w+$/), identifier: 'echo', reverted: null },
  ])
  const none = await runInProcess(['ledger', 'work', '--durable', durable, '--state', 'unknown'])
  expect(none).toEqual({ code: 0, out: 'No calls found\n', err: '' })
  // A session waits for its calls when it closes.
  gate.open(0)
})

test.each([
  [
    ['sessions'],
    2,
    /^Cannot run "codecell sessions": expected --durable DIR or --store URL, or CODECELL_STORE\nSee: codecell help sessions\n$/,
  ],
  [['sessions', '--durable', 'nowhere'], 2, /^Cannot read sessions: directory not found: "nowhere"\n$/],
  [['cells', 'work', '--durable', '.'], 2, /^Cannot read session "work": not found in "\."\n$/],
  [['cells', '--durable', '.'], 2, /^Cannot run "codecell cells": expected SESSION\n/],
  [['ledger', 'x', '--durable', '.', '--state', 'odd'], 2, /^Cannot use --state: expected not_started, started, /],
  [['revert', 'x', '--durable', '.'], 2, /^Cannot run "codecell revert": expected CELL\n/],
])('codecell %j reports the error', async (args, code, err) => {
  expect(await runInProcess(args)).toEqual({ code, out: '', err: expect.stringMatching(err) })
})

test('codecell revert reverts the calls of a cell once, with the configured tools', async () => {
  const file = join(folder, 'codecell.json')
  const things = join(folder, 'things.json')
  const revert = { tool: 'delete', input: { id: '$result.structuredContent.id' } }
  const codecell = { tools: { create: { revert } } }
  const shop = { command: process.execPath, args: [fixture, things], codecell }
  writeFileSync(file, JSON.stringify({ mcpServers: { shop } }))
  {
    await using servers = await connectMcpServers(await loadMcpConfig(file))
    await using session = await createSession({
      storage: durable,
      sessionId: 'work',
      hosts: sharedHosts('in-process'),
      tools: servers.tools,
    })
    const source = 'for (const id of ["a", "b"]) await tools.mcp__shop__create({ id })'
    expect(await session.execute(source)).toMatchObject({ type: 'completed' })
  }
  expect(JSON.parse(readFileSync(things, 'utf8'))).toEqual(['a', 'b'])
  const args = ['revert', 'work', '1', '--durable', durable, '--config', file]
  expect(await runInProcess(args)).toEqual({
    code: 2,
    out: '',
    err: 'Revert 2 calls of cell 1 in session work? Cannot prompt without a terminal: pass --yes\n',
  })
  expect(await runInProcess([...args, '--yes'])).toEqual({
    code: 0,
    out: expect.stringMatching(
      /^work\/1\/tool-2~\w+ {2}reverted {2}mcp__shop__create\nwork\/1\/tool-1~\w+ {2}reverted {2}mcp__shop__create\n$/,
    ),
    err: '',
  })
  expect(JSON.parse(readFileSync(things, 'utf8'))).toEqual([])
  const again = await runInProcess([...args, '--yes', '--json'])
  expect(objects(again.out)).toMatchObject([{ result: 'already_reverted' }, { result: 'already_reverted' }])
  expect(
    readSession({ storage: join(folder, 'sessions'), sessionId: 'work' }).ledger.map(({ reverted }) => reverted?.type),
  ).toEqual(['reverted', 'reverted'])
})
