import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createTraceWriter, makeViewData, openTraceBundle } from '../../src/trace.ts'
import { newFolder } from '../trace/recorded.ts'
import { traceId, writeSample } from '../trace/write-sample.ts'
import { blockOf, page } from './page.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))

/** This package with another page as its viewer, null for none. */
function packageWith(viewer: string | null): string {
  const folder = newFolder()
  for (const name of ['src', 'node_modules', 'package.json']) symlinkSync(join(repository, name), join(folder, name))
  if (viewer !== null) {
    mkdirSync(join(folder, 'dist/viewer'), { recursive: true })
    writeFileSync(join(folder, 'dist/viewer/index.html'), viewer)
  }
  return folder
}

function sample(): string {
  const writer = createTraceWriter({ root: newFolder(), rootThreadId: 'T1', traceId })
  writeSample(writer)
  return writer.directory ?? ''
}

type Result = { readonly code: number | null; readonly out: string; readonly err: string }

function start(args: readonly string[], viewer: string | null = page) {
  // Modules are what they are called, so that the viewer of this package is another one.
  const flags = ['--preserve-symlinks', '--preserve-symlinks-main', '--disable-warning=ExperimentalWarning']
  const bin = join(packageWith(viewer), 'src/cli/bin.ts')
  const child = spawn(process.execPath, [...flags, bin, 'trace', 'view', ...args], { stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const result = new Promise<Result>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }))
  })
  const firstLine = new Promise<string>((resolve) => {
    createInterface(child.stdout).once('line', resolve)
  })
  return { child, result, firstLine }
}

describe('codecell trace view', () => {
  test.each<[what: string, args: readonly string[]]>([
    ['serves', []],
    ['serves and follows', ['--follow']],
  ])('%s until it is interrupted', async (_what, flags) => {
    const directory = sample()
    const { child, result, firstLine } = start([directory, ...flags])
    const url = await firstLine
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\da-f]{32}\/$/)
    expect(await (await fetch(url)).text()).toBe(page)
    expect(await (await fetch(`${url}data.json`)).json()).toEqual(makeViewData(openTraceBundle(directory)))
    const following = await fetch(`${url}follow`)
    expect(following.status).toBe(flags.length === 0 ? 204 : 200)
    child.kill('SIGINT')
    expect(await result).toEqual({
      code: 0,
      out: `${url}\n`,
      err: 'The viewer is at this address of this machine only. Ctrl+C ends it.\n',
    })
    await following.text().catch(() => '')
  })

  test('writes one file', async () => {
    const directory = sample()
    const file = join(newFolder(), 'trace.html')
    expect(await start([directory, '--output', file]).result).toEqual({ code: 0, out: `${file}\n`, err: '' })
    expect(blockOf(readFileSync(file, 'utf8'), 'codecell-data')).toEqual(makeViewData(openTraceBundle(directory)))
    const { code, out } = await start([directory, '-o', '-']).result
    expect([code, out]).toEqual([0, readFileSync(file, 'utf8')])
  })

  test.each<[args: readonly string[], viewer: string | null, code: number, message: RegExp]>([
    [[], page, 2, /^Give the folder of one bundle\n/],
    [['x', '--port', 'http'], page, 2, /^Cannot use --port http: a whole number is expected\n/],
    [['x', '--port', '65536'], page, 2, /^Cannot use --port 65536: 65535 is the last one\n/],
    [['x', '-o', 'y', '--follow'], page, 2, /^Cannot use --output with --port or --follow: a file is not served\n/],
    [['/nowhere'], page, 1, /^Cannot show \/nowhere: Cannot read "\/nowhere": /],
    [['/nowhere', '-o', '-'], page, 1, /^Cannot show \/nowhere: Cannot read "\/nowhere": /],
    [['x'], null, 1, /^Cannot show x: Cannot find the viewer dist\/viewer\/index.html: run "npm run build"\n$/],
  ])('%j says what is wrong', async (args, viewer, code, message) => {
    expect(await start(args, viewer).result).toEqual({ code, out: '', err: expect.stringMatching(message) })
  })

  test('says where it cannot write', async () => {
    const { code, err } = await start([sample(), '-o', newFolder()]).result
    expect([code, err]).toEqual([1, expect.stringMatching(/^Cannot write .*: EISDIR/)])
  })
})
