import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { createMcpServer } from '../../../src/mcp-server.ts'
import { replayBundle } from '../../../src/replay.ts'
import { createNode, sqliteStore } from '../../../src/store.ts'
import { createTraceRecorder, openTraceBundle } from '../../../src/trace.ts'
import { replaysOf } from '../../replay/bundle-edits.ts'
import type { CliResult } from '../../support/cli.ts'
import { StdioClient } from '../../mcp-server/stdio-client.ts'
import { newFolder } from '../../support/folder.ts'
import { runInProcess } from '../../support/in-process-cli.ts'
import { textsOf } from '../../support/texts.ts'

let folder = ''
beforeEach(() => {
  folder = newFolder()
})

test('a server and a node create the hosts of their engine', async () => {
  await using store = sqliteStore(join(folder, 'store.db'))
  await using node = createNode({ store, engine: 'quickjs', session: () => ({}) })
  expect(await node.use('s', async (session) => [session.engine, textsOf(await session.execute('text(1)'))])).toEqual([
    'quickjs',
    ['1'],
  ])
  await using server = createMcpServer({ tools: [], engine: 'quickjs' })
  expect(await server.readiness()).toBeNull()
})

test('a cell that was recorded on QuickJS is replayed on it, by programs and commands', async () => {
  const recorder = createTraceRecorder({ root: folder })
  {
    await using session = await createSession({ engine: 'quickjs', listeners: [recorder.rootThread.listen()] })
    await session.execute('text(typeof Intl); text(Math.random())')
  }
  await recorder.close()
  const { directory } = recorder
  const bundle = openTraceBundle(directory)
  const [replay, ...others] = await replaysOf(replayBundle(bundle))
  expect([replay?.type, replay?.engineDifferences, others]).toEqual(['same', undefined, []])
  const [onV8] = await replaysOf(replayBundle(bundle, { engine: 'v8' }))
  expect(onV8).toMatchObject({
    type: 'differs',
    engineDifferences: [
      expect.stringMatching(/^engine v8/),
      expect.any(String),
      expect.any(String),
      expect.any(String),
    ],
  })
  expect(await runInProcess(['trace', 'replay', directory])).toMatchObject({ code: 0, err: '' })
  expect(await runInProcess(['trace', 'check', directory])).toMatchObject({ code: 0, err: '' })
  const changed = await runInProcess(['trace', 'replay', directory, '--engine', 'v8'])
  expect([changed.code, changed.err]).toEqual([1, expect.stringContaining('engine v8 instead of quickjs')])
  const inspected = await runInProcess(['trace', 'replay', directory, '--cell', '1', '--inspect=0'])
  expect([inspected.code, inspected.err]).toEqual([2, expect.stringContaining('a debugger needs V8')])
  const { out } = await runInProcess(['trace', 'show', directory])
  expect(out).toMatch(/QuickJS 3\.\d/)
})

test('codecell exec --engine runs a program on that engine, and a stored session keeps it', async () => {
  const exec = async (...args: string[]): Promise<CliResult> =>
    await runInProcess(['exec', '-', '--quiet', ...args], { stdin: 'text(typeof Intl)' })
  expect(await exec('--engine', 'quickjs')).toMatchObject({ code: 0, out: 'undefined\n' })
  expect(await exec()).toEqual({ code: 0, out: 'object\n', err: '' })
  const stored = ['--durable', folder, '--session', 's']
  expect(await exec('--engine', 'quickjs', ...stored)).toMatchObject({ code: 0, out: 'undefined\n' })
  expect(await exec(...stored)).toMatchObject({ code: 0, out: 'undefined\n' })
  const refused = await exec('--engine', 'v8', ...stored)
  expect([refused.code === 0, refused.err]).toEqual([false, expect.stringContaining('open it with engine "quickjs"')])
  expect(await exec('--engine', 'spidermonkey')).toMatchObject({ code: 2 })
})

test('codecell serve --engine describes its engine, and keeps that of a stored session', async () => {
  const args = ['--durable', folder]
  const seen = async (...more: string[]): Promise<readonly string[]> => {
    await using served = await StdioClient.start('modern', [...args, ...more])
    const { content } = await served.client.callTool({ name: 'exec', arguments: { code: 'text(typeof Intl)' } })
    const [exec] = (await served.client.listTools()).tools
    return [JSON.stringify(content), exec?.description ?? '']
  }
  const onQuickJs = [expect.stringContaining('undefined'), expect.stringContaining('`Intl` does not exist')]
  expect(await seen('--engine', 'quickjs')).toEqual(onQuickJs)
  expect(await seen()).toEqual(onQuickJs)
  expect((await seen('--engine', 'v8'))[0]).toContain('open it with engine')
})
