import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CliResult } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { runInProcess } from '../support/in-process-cli.ts'
import { record } from '../trace/recorder/recorded.ts'
import { changeRecord, withAnswer } from './bundle-edits.ts'
import { CdpClient } from './cdp-client.ts'

const program = 'const sum = await tools.add({ a: 1 })\ntext(`sum ${sum}`)'

let bundle = ''
const root = mkdtempSync(join(tmpdir(), 'codecell-replay-'))
beforeAll(async () => {
  const add = { name: 'add', call: () => 3 }
  const { directory } = await record(
    { tools: [add] },
    async ({ model }) => {
      await model.exec.call(program, { callId: 'call-1' })
      await model.exec.call('text(1)', { callId: 'call-2' })
    },
    root,
  )
  bundle = directory
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const trace = (...args: readonly string[]): Promise<CliResult> => runInProcess(['trace', ...args])

test('codecell trace replay and check report that cells are the same', async () => {
  expect(await trace('replay', bundle)).toEqual({
    code: 0,
    out: 'cell 1 (call-1): same, 4 events\ncell 2 (call-2): same, 3 events\n',
    err: '',
  })
  expect(await trace('check', bundle)).toEqual({
    code: 0,
    out: expect.stringMatching(/^reduces: .*\ncomplete\nreplays: 2 cells, the same\n$/),
    err: '',
  })
})

test('codecell trace replay and check report where a cell differs', async () => {
  const changed = join(newFolder(), 'bundle')
  cpSync(bundle, changed, { recursive: true })
  changeRecord(changed, 1, (line) => withAnswer(line, JSON.stringify('\u001b[2J')))
  const difference = [
    'cell 1 (call-1): differs at event 3',
    '  recorded: text body "sum 3" (line 2, column 1)',
    '  now:      text body "sum \\u001b[2J" (line 2, column 1)\n',
  ].join('\n')
  expect(await trace('replay', changed, '--cell', 'call-1')).toEqual({ code: 1, out: difference, err: '' })
  expect(await trace('check', changed)).toMatchObject({
    code: 1,
    out: expect.stringContaining(`${difference}does not replay: 1 of 2 cells are the same\n`),
  })
  expect(await trace('check', changed, '--no-replay')).toMatchObject({ code: 0 })
})

test('codecell trace replay --source prints the output of an edited program and the recorded calls', async () => {
  const file = join(newFolder(), 'edited.ts')
  writeFileSync(
    file,
    'const sum: number = await tools.add({ a: 1 })\ntext(sum + 1)\nawait tools.add({ a: 2 })\ntext("never")',
  )
  expect(await trace('replay', bundle, '--cell', '1', '--source', file)).toEqual({
    code: 1,
    out: '4\n',
    err: [
      'Stopped at a call that is not recorded (line 3, column 13): add({"a":2})',
      'Recorded calls used: 1',
      '  tool-1 add({"a":1}) (line 1, column 25)',
      'Recorded calls not used: 0\n',
    ].join('\n'),
  })
})

test('codecell trace replay --inspect prints the address for a debugger', async () => {
  const { promise: address, resolve } = Promise.withResolvers<string>()
  const stderr = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      const [, url] = /listening on (ws:\S+)\n/.exec(text) ?? []
      if (url !== undefined) resolve(url)
      done()
    },
  })
  const result = runInProcess(['trace', 'replay', bundle, '--cell', '1', '--inspect=0'], { io: { stderr } })
  const client = await CdpClient.connect(await address)
  await client.call('Debugger.enable')
  await client.call('Runtime.runIfWaitingForDebugger')
  await client.event('Debugger.paused')
  await client.call('Debugger.resume')
  expect(await result).toMatchObject({ code: 0, out: 'cell 1 (call-1): same, 4 events\n' })
})

test.each([
  [['--cell', '9'], 'Cannot find cell 9: the recorded cells are 1, 2\n'],
  [['--source', 'x.js'], 'Cannot replay all cells with --source or --inspect: expected --cell ID\n'],
  [['--inspect'], 'Cannot replay all cells with --source or --inspect: expected --cell ID\n'],
  [['--cell', '1', '--source', 'x.js', '--inspect'], 'Cannot use --source with --inspect: expected one of both\n'],
  [['--cell', '1', '--inspect=x'], 'Cannot use --inspect: expected a non-negative integer, got "x"\n'],
  [['--cell-ms', 'soon'], 'Cannot use --cell-ms: expected a non-negative integer, got "soon"\n'],
])('codecell trace replay %j is a usage error', async (flags, message) => {
  const { code, out, err } = await trace('replay', bundle, ...flags)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(message)
})
