import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { makeViewData, openTraceBundle } from '../../src/trace.ts'
import { childEnv, startCli } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { runInProcess } from '../support/in-process-cli.ts'
import { sampleBundle } from '../trace/view/write-sample.ts'
import { blockOf } from './page.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))

test.each([
  [[], 204],
  [['--follow'], 200],
])('codecell trace view %j serves the bundle until SIGINT', async (flags, followStatus) => {
  const directory = sampleBundle()
  const { child, said, result } = startCli(['trace', 'view', directory, ...flags])
  onTestFinished(() => void child.kill('SIGKILL'))
  const url = await new Promise<string>((resolve) => {
    child.stdout?.once('data', (chunk: string) => resolve(chunk.trim()))
  })
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\da-f]{32}\/$/)
  expect(await (await fetch(url)).text()).toBe(readFileSync(join(repository, 'dist/viewer/index.html'), 'utf8'))
  expect(await (await fetch(`${url}data.json`)).json()).toEqual(makeViewData(openTraceBundle(directory)))
  const following = await fetch(`${url}follow`)
  expect(following.status).toBe(followStatus)
  await said('Ctrl+C')
  child.kill('SIGINT')
  expect(await result).toEqual({
    code: 0,
    out: `${url}\n`,
    err: 'Only this machine can open the address. Press Ctrl+C to stop.\n',
  })
  await following.text().catch(() => '')
})

test('codecell trace view --output writes a page to a file or to standard output', async () => {
  const directory = sampleBundle()
  const file = join(newFolder(), 'trace.html')
  const written = await runInProcess(['trace', 'view', directory, '--output', file])
  expect(written).toEqual({ code: 0, out: `${file}\n`, err: '' })
  expect(blockOf(readFileSync(file, 'utf8'), 'codecell-data')).toEqual(makeViewData(openTraceBundle(directory)))
  const { code, out } = await runInProcess(['trace', 'view', directory, '-o', '-'])
  expect([code, out]).toEqual([0, readFileSync(file, 'utf8')])
})

test('codecell trace view --prices adds costs to the page', async () => {
  const directory = sampleBundle()
  const folder = newFolder()
  const prices = { currency: 'EUR', models: { model: { input: 1, output: 2 } } }
  writeFileSync(join(folder, 'prices.json'), JSON.stringify(prices))
  const flags = ['--prices', join(folder, 'prices.json'), '-o', join(folder, 'trace.html')]
  expect((await runInProcess(['trace', 'view', directory, ...flags])).code).toBe(0)
  const shown = blockOf(readFileSync(join(folder, 'trace.html'), 'utf8'), 'codecell-data')
  expect(shown).toEqual(makeViewData(openTraceBundle(directory), { prices }))
  expect(shown).toMatchObject({ prices: { currency: 'EUR', unknownModels: [] } })
})

test.each<[content: string, message: RegExp]>([
  ['{', /^Cannot read prices from .*prices\.json: Expected property name/],
  [
    '{"currency":"USD","models":{"m":1}}',
    /: Cannot use prices\.models\["m"\]: expected an object with "input" and "output", got 1\n$/,
  ],
])('codecell trace view rejects the prices %s', async (content, message) => {
  const file = join(newFolder(), 'prices.json')
  writeFileSync(file, content)
  const { code, err } = await runInProcess(['trace', 'view', sampleBundle(), '--prices', file, '-o', '-'])
  expect([code, err]).toEqual([1, expect.stringMatching(message)])
})

test.each<[args: readonly string[], code: number, message: RegExp]>([
  [[], 2, /^Cannot run "codecell trace view": expected BUNDLE\nSee: codecell help trace view\n$/],
  [['x', '--port', 'http'], 2, /^Cannot use --port: expected a non-negative integer, got "http"\n/],
  [['x', '--port', '65536'], 2, /^Cannot use --port: expected an integer from 0 to 65535, got 65536\n/],
  [
    ['x', '-o', 'y', '--follow'],
    2,
    /^Cannot use --output with --port or --follow: the page is written to a file, not served\n/,
  ],
  [['/nowhere'], 1, /^Cannot show \/nowhere: Cannot read "\/nowhere": /],
  [['/nowhere', '-o', '-'], 1, /^Cannot show \/nowhere: Cannot read "\/nowhere": /],
])('codecell trace view %j reports what is wrong', async (args, code, message) => {
  expect(await runInProcess(['trace', 'view', ...args])).toEqual({
    code,
    out: '',
    err: expect.stringMatching(message),
  })
})

test('codecell trace view reports a file that it cannot write', async () => {
  const { code, err } = await runInProcess(['trace', 'view', sampleBundle(), '-o', newFolder()])
  expect([code, err]).toEqual([1, expect.stringMatching(/^Cannot write .*: EISDIR/)])
})

test('codecell trace view reports a package without the viewer', () => {
  const folder = newFolder()
  mkdirSync(join(folder, 'dist'))
  const built = readdirSync(join(repository, 'dist')).filter((name) => name !== 'viewer')
  for (const name of ['node_modules', 'package.json', 'bin', ...built.map((file) => `dist/${file}`)]) {
    symlinkSync(join(repository, name), join(folder, name))
  }
  // With these flags, modules resolve in the folder of the links, which has no viewer.
  const flags = ['--preserve-symlinks', '--preserve-symlinks-main']
  const args = [...flags, join(folder, 'dist/cli/bin.js'), 'trace', 'view', 'x']
  const { status, stderr } = spawnSync(process.execPath, args, { env: childEnv(), encoding: 'utf8' })
  expect([status, stderr]).toEqual([
    1,
    'Cannot show x: Cannot find the viewer dist/viewer/index.html: run "npm run build"\n',
  ])
})
