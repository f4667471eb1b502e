import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { record } from '../trace/recorded.ts'
import { changeRecord, withAnswer } from './bundle-edits.ts'
import { CdpClient } from './cdp-client.ts'

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))

type Result = { readonly code: number | null; readonly out: string; readonly err: string }

function start(
  args: readonly string[],
  onErr: (err: string) => void = () => undefined,
): { child: ChildProcess; result: Promise<Result> } {
  const child = spawn(process.execPath, [bin, 'trace', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => onErr((err += chunk.toString())))
  return { child, result: new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err }))) }
}

const program = 'const sum = await tools.add({ a: 1 })\ntext(`sum ${sum}`)'

async function recorded(): Promise<string> {
  const add = { name: 'add', call: () => 3 }
  const { directory } = await record({ tools: [add] }, async ({ model }) => {
    await model.exec(program, { callId: 'call-1' })
    await model.exec('text(1)', { callId: 'call-2' })
  })
  return directory
}

test('check and replay say that cells are the same, or where one differs', async () => {
  const bundle = await recorded()
  expect(await start(['replay', bundle]).result).toEqual({
    code: 0,
    out: 'cell 1 (call-1): same, 4 events\ncell 2 (call-2): same, 3 events\n',
    err: '',
  })
  expect(await start(['check', bundle]).result).toEqual({
    code: 0,
    out: expect.stringMatching(/^reduces: .*\nwhole\nreplays: 2 cells, the same\n$/),
    err: '',
  })
  changeRecord(bundle, 1, (line) => withAnswer(line, JSON.stringify('\u001b[2J')))
  const difference = [
    'cell 1 (call-1): differs at event 3',
    '  recorded: text body "sum 3" (line 2, column 1)',
    '  now:      text body "sum \\u001b[2J" (line 2, column 1)\n',
  ].join('\n')
  expect(await start(['replay', bundle, '--cell', 'call-1']).result).toEqual({ code: 1, out: difference, err: '' })
  expect(await start(['replay', bundle, '--cell', '2']).result).toMatchObject({ code: 0 })
  expect(await start(['check', bundle]).result).toMatchObject({
    code: 1,
    out: expect.stringContaining(`${difference}does not replay: 1 of 2 cells are the same\n`),
  })
  expect(await start(['check', bundle, '--no-replay']).result).toMatchObject({ code: 0 })
})

test('an edited program shows its output, and what it used and lacks', async () => {
  const bundle = await recorded()
  const file = join(bundle, 'edited.ts')
  writeFileSync(
    file,
    'const sum: number = await tools.add({ a: 1 })\ntext(sum + 1)\nawait tools.add({ a: 2 })\ntext("never")',
  )
  expect(await start(['replay', bundle, '--cell', '1', '--source', file]).result).toEqual({
    code: 1,
    out: '4\n',
    err: [
      'Stopped at a call that is not on record (line 3, column 13): add({"a":2})',
      'Recorded calls used: 1',
      '  tool-1 add({"a":1}) (line 1, column 25)',
      'Recorded calls not used: 0\n',
    ].join('\n'),
  })
})

test('a debugger finds the cell at the address that is printed', async () => {
  const bundle = await recorded()
  const { promise: address, resolve } = Promise.withResolvers<string>()
  const { result } = start(['replay', bundle, '--cell', '1', '--inspect=0'], (err) => {
    const [, url] = /listening on (ws:\S+)\n/.exec(err) ?? []
    if (url !== undefined) resolve(url)
  })
  const client = await CdpClient.connect(await address)
  await client.call('Debugger.enable')
  await client.call('Runtime.runIfWaitingForDebugger')
  await client.event('Debugger.paused')
  await client.call('Debugger.resume')
  expect(await result).toMatchObject({ code: 0, out: 'cell 1 (call-1): same, 4 events\n' })
})

test.each([
  [['--cell', '9'], 'Cannot find cell 9: the cells on record are 1, 2\n'],
  [['--source', 'x.js'], 'Give the cell as well: --cell ID\n'],
  [['--inspect'], 'Give the cell as well: --cell ID\n'],
  [['--cell', '1', '--source', 'x.js', '--inspect'], 'Give --source or --inspect, not both\n'],
  [['--cell', '1', '--inspect=x'], 'Cannot use --inspect x: a whole number is expected\n'],
  [['--cell-ms', 'soon'], 'Cannot use --cell-ms soon: a whole number is expected\n'],
])('%j is a mistake in usage', async (flags, message) => {
  const { code, out, err } = await start(['replay', await recorded(), ...flags]).result
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(message)
})
