import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, test } from 'vitest'
import { createSession, readSession, type Tool } from '../../src/index.ts'
import { runCli, startCli } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { runInProcess } from '../support/in-process-cli.ts'

const fixture = fileURLToPath(new URL('../fixtures/keeping-mcp-server.ts', import.meta.url))

let folder = ''
let durable: readonly string[] = []
beforeEach(() => {
  folder = newFolder()
  durable = ['--durable', join(folder, 'sessions'), '--session', 'work']
})

const endless = 'text("x"); await new Promise((go) => setTimeout(go, 1e8))'

test('codecell exec --resume continues a run after SIGKILL, without repeating calls or output', async () => {
  const things = join(folder, 'things.json')
  const shop = { command: process.execPath, args: [fixture, things] }
  const config = join(folder, 'codecell.json')
  writeFileSync(config, JSON.stringify({ mcpServers: { shop } }))
  const source = `
    const add = (id) => tools.mcp__shop__create({ id })
    await add('first')
    text('before')
    // A call that is pending when the process is killed has an unknown outcome.
    const list = () => tools.mcp__shop__list().then(({ content }) => content[0].text, () => '')
    while (!(await list()).includes('go')) await new Promise((on) => setTimeout(on, 50))
    await add('second')
    text('after')`
  const first = startCli(['exec', '-', ...durable, '--config', config], { stdin: source })
  await first.said('before\n')
  first.child.kill('SIGKILL')
  expect(await first.result).toMatchObject({ code: null, err: 'Session: work\n' })
  expect(readSession({ storage: join(folder, 'sessions'), sessionId: 'work' })).toMatchObject({
    openedBy: null,
    cells: { running: 1 },
  })
  writeFileSync(things, JSON.stringify([...JSON.parse(readFileSync(things, 'utf8')), 'go']))
  expect(await runInProcess(['exec', '--resume', ...durable, '--quiet', '--config', config])).toEqual({
    code: 0,
    out: 'after\n',
    err: '',
  })
  expect(JSON.parse(readFileSync(things, 'utf8'))).toEqual(['first', 'go', 'second'])
  const created = readSession({ storage: join(folder, 'sessions'), sessionId: 'work' }).ledger.filter(
    ({ identifier }) => identifier.endsWith('create'),
  )
  expect(created.map(({ input, state }) => [input, state])).toEqual([
    ['{"id":"first"}', 'applied'],
    ['{"id":"second"}', 'applied'],
  ])
})

test('codecell exec --resume exits with the code of the last cell and keeps stored values', async () => {
  const [, sessions = ''] = durable
  const hosts = sharedHosts('in-process')
  const asks: Tool = { name: 'asks', needsApproval: 'ask', call: () => 1 }
  const session = await createSession({
    storage: sessions,
    sessionId: 'work',
    hosts,
    tools: [asks],
    approvals: { hold: true },
  })
  await session.execute('store("m", 2)')
  // The cell waits for a decision. The run that resumes it has no approver.
  await session.execute('await tools.asks().catch(() => 0); throw "bad"', { yieldTimeMs: 0 })
  await session.close()
  const resumed = await runInProcess(['exec', '--resume', ...durable, '--json'])
  expect(resumed.code).toBe(1)
  expect(resumed.out).toContain('{"type":"session","id":"work"}\n{"type":"started","cell_id":"2"}\n')
  expect(await runInProcess(['exec', '-', ...durable, '-q'], { stdin: 'text(load("m"))' })).toMatchObject({
    code: 0,
    out: '2\n',
  })
  expect(await runInProcess(['exec', '--resume', ...durable, '-q'])).toEqual({
    code: 0,
    out: '',
    err: 'The session has no unfinished cell\n',
  })
})

test('codecell exec terminates the cell at SIGINT, also for a later run', async () => {
  const first = startCli(['exec', '-', ...durable], { stdin: endless })
  await first.said('x\n')
  first.child.kill('SIGINT')
  expect(await first.result).toMatchObject({ code: 130 })
  const { cellList } = readSession({ storage: join(folder, 'sessions'), sessionId: 'work' })
  expect(cellList.map(({ state }) => state)).toEqual([{ type: 'closed', ending: 'terminated', errorText: null }])
})

test('codecell exec rejects a session that is open, and reports the process', async () => {
  const [, sessions = ''] = durable
  await using session = await createSession({ storage: sessions, sessionId: 'work', hosts: sharedHosts('in-process') })
  expect(session.id).toBe('work')
  const second = await runCli(['exec', '-', ...durable], { stdin: 'text(1)' })
  expect(second).toMatchObject({ code: 4, err: expect.stringContaining(`process ${process.pid} has it open`) })
})

test('codecell exec --resume rejects an unknown session', async () => {
  const { code, err } = await runInProcess(['exec', '--resume', ...durable])
  expect([code, err]).toEqual([2, expect.stringContaining('Cannot open session "work": not found in ')])
})
