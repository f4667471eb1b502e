import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSession } from '../../src/index.ts'
import { runCli, startCli } from './run-cli.ts'

const fixture = fileURLToPath(new URL('../fixtures/keeping-mcp-server.ts', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'codecell-exec-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const durable = ['--durable', 'sessions', '--session', 'work']

test('a run that was killed with SIGKILL goes on with --resume: no call twice, nothing printed twice', async () => {
  const things = join(folder, 'things.json')
  const shop = { command: process.execPath, args: [fixture, things] }
  writeFileSync(join(folder, 'codecell.json'), JSON.stringify({ mcpServers: { shop } }))
  const source = `
    const add = (id) => tools.mcp__shop__create({ id })
    await add('first')
    text('before')
    while (!(await tools.mcp__shop__list()).content[0].text.includes('go')) await new Promise((on) => setTimeout(on, 50))
    await add('second')
    text('after')`
  const first = startCli(folder, ['exec', '-', ...durable], source)
  await first.said('before\n')
  first.child.kill('SIGKILL')
  expect(await first.result).toMatchObject({ code: null, err: 'Session: work\n' })
  expect(readSession(join(folder, 'sessions'), 'work')).toMatchObject({ openedBy: null, cells: { running: 1 } })
  writeFileSync(things, JSON.stringify([...JSON.parse(readFileSync(things, 'utf8')), 'go']))
  expect(await runCli(folder, ['exec', '--resume', ...durable, '--quiet'])).toEqual({
    code: 0,
    out: 'after\n',
    err: '',
  })
  expect(JSON.parse(readFileSync(things, 'utf8'))).toEqual(['first', 'go', 'second'])
  const created = readSession(join(folder, 'sessions'), 'work').ledger.filter(({ identifier }) =>
    identifier.endsWith('create'),
  )
  expect(created.map(({ input, state }) => [input, state])).toEqual([
    ['{"id":"first"}', 'applied'],
    ['{"id":"second"}', 'applied'],
  ])
  expect(await runCli(folder, ['exec', '--resume', ...durable, '-q'])).toEqual({
    code: 0,
    out: '',
    err: 'There is no cell to go on with\n',
  })
})

test('the exit code of --resume is that of the last cell, and stored values stay', async () => {
  const first = startCli(
    folder,
    ['exec', '-', ...durable],
    'store("n", 1); text("x"); await new Promise((on) => setTimeout(on, 1500)); throw "bad"',
  )
  await first.said('x\n')
  first.child.kill('SIGKILL')
  await first.result
  const resumed = await runCli(folder, ['exec', '--resume', ...durable, '--json'])
  expect(resumed.code).toBe(1)
  expect(resumed.out).toContain('{"type":"session","id":"work"}\n{"type":"started","cell_id":"1"}\n')
  expect(await runCli(folder, ['exec', '-', ...durable, '-q'], 'store("m", 2)')).toMatchObject({ code: 0 })
  expect(await runCli(folder, ['exec', '-', ...durable, '-q'], 'text(load("m"))')).toMatchObject({
    code: 0,
    out: '2\n',
  })
})

test('Ctrl-C ends the cell for good', async () => {
  const first = startCli(folder, ['exec', '-', ...durable], 'text("x"); await new Promise((on) => setTimeout(on, 1e8))')
  await first.said('x\n')
  first.child.kill('SIGINT')
  expect(await first.result).toMatchObject({ code: 130 })
  const { cellList } = readSession(join(folder, 'sessions'), 'work')
  expect(cellList.map(({ state }) => state)).toEqual([{ type: 'closed', ending: 'terminated', errorText: null }])
})

test('a session that somebody has open is refused, with the process that has it', async () => {
  const first = startCli(folder, ['exec', '-', ...durable], 'text("x"); await new Promise((on) => setTimeout(on, 1e8))')
  await first.said('x\n')
  const second = await runCli(folder, ['exec', '-', ...durable], 'text(1)')
  expect(second).toMatchObject({ code: 4, err: expect.stringContaining(`process ${first.child.pid} has it open`) })
  first.child.kill('SIGKILL')
  await first.result
})

test.each([
  [['-', '--session', 'x'], 'Cannot use --session or --resume without --durable DIR'],
  [['--resume', '--durable', 'd'], 'Cannot tell what to go on with: pass --session ID'],
  [
    ['a.js', '--resume', '--durable', 'd', '--session', 'x'],
    'Cannot run "a.js": --resume goes on with the cells that are there',
  ],
  [['--resume', '--durable', 'd', '--session', 'x'], 'Cannot open session "x": there is none in "d"'],
])('codecell exec %j is refused', async (args, text) => {
  expect(await runCli(folder, ['exec', ...args])).toMatchObject({ code: 2, err: expect.stringContaining(text) })
})
