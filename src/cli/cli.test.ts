import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../../test/support/folder.ts'
import { runInProcess } from '../../test/support/in-process-cli.ts'

const pets = fileURLToPath(new URL('../../test/fixtures/pets-openapi.json', import.meta.url))
const ofPets = ['--openapi', `pets=${pets}`]

describe('usage errors', () => {
  test.each([
    [['exec', 'none.js'], '', 'Cannot run "none.js": file not found'],
    [['exec', '.'], '', 'Cannot run ".": expected a file, got a folder'],
    [['exec', '/dev/zero'], '', 'Cannot run "/dev/zero": expected a file'],
    [['exec', '-'], '  \n', 'Cannot run standard input: it is empty'],
    [['exec', '-'], 'a\0b', 'Cannot run standard input: expected text in UTF-8'],
    [['exec'], '', 'Cannot run "codecell exec": expected FILE, "-" for standard input, or --eval CODE'],
    [['exec', 'text(1)'], '', 'Cannot run "text(1)": file not found; to run a program itself, pass it as --eval'],
    [['exec', '-e', ' '], '', 'Cannot run --eval: it is empty'],
    [
      ['exec', 'a.js', '-e', 'text(1)'],
      '',
      'Cannot run "codecell exec": expected FILE or --eval, got "a.js" and --eval',
    ],
    [['exec', '-', '--nope'], '', 'Cannot use --nope: unknown flag'],
    [['exec', '-', '--cpu-ms', 'soon'], 'text(1)', 'Cannot use --cpu-ms: expected a non-negative integer, got "soon"'],
    [
      ['exec', '-', '--memory-mb', '1'],
      'text(1)',
      'Cannot set limit "maxMemoryMbPerCell" to 1: expected an integer from 32 to 4096',
    ],
    [['exec', '-', '--profile', 'lax'], 'text(1)', 'Cannot use --profile: expected default or strict, got "lax"'],
    [['exec', '-', '--ask', 'all'], 'text(1)', 'Cannot use --ask: expected destructive, writes or none, got "all"'],
    [
      ['exec', '-'],
      '// @exec: {"x": 1}\ntext(1)',
      'exec pragma only supports `yield_time_ms` and `max_output_tokens`; got `x`',
    ],
    [['exec', '-', '--session', 'x'], 'text(1)', 'Cannot use --session or --resume without --durable DIR'],
    [['exec', '--resume', '--durable', 'd'], '', 'Cannot resume: expected --session ID'],
    [
      ['exec', 'a.js', '--resume', '--durable', 'd', '--session', 'x'],
      '',
      'Cannot run "a.js" with --resume: it resumes the cells of the session',
    ],
    [['frobnicate'], '', 'Cannot run "frobnicate": unknown command\nSee: codecell help\n'],
    [['constructor'], '', 'Cannot run "constructor": unknown command'],
    [[], '', 'Usage: codecell COMMAND'],
    [['tools', 'x', 'y'], '', 'Cannot run "codecell tools": unexpected argument "y"'],
    [['tools', 'x', '--search', 'y'], '', 'Cannot use "x" with --search: expected one of both'],
    [['tools', '--config', 'none.json'], '', 'Cannot read configuration "none.json": '],
    [['serve', 'x'], '', 'Cannot run "codecell serve": unexpected argument "x"'],
    [['trace'], '', 'Cannot run "codecell trace": expected a verb: show, view, export, reduce, check, replay'],
    [['trace', 'tell', 'x'], '', 'Cannot run "trace tell": expected show, view, export, reduce, check or replay'],
  ])('codecell %j with the input %j exits with 2 and reports what is wrong', async (args, stdin, message) => {
    const { code, out, err } = await runInProcess(args, { stdin })
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
  })

  test.each([
    [['exec', '-', '--trace-schema', '2'], 'Cannot use --trace-schema without --trace DIR'],
    [['exec', '-', '--plain-tcp'], 'Cannot use --plain-tcp without --hosts-at'],
    [['serve', '--trace-schema', '2'], 'Cannot use --trace-schema without --trace DIR'],
    [['serve', '--plain-tcp'], 'Cannot use --plain-tcp without --hosts-at'],
    [['serve', '--session', 'x'], 'Cannot use --session without --durable DIR or --store URL'],
  ])('codecell %j reports the flag before it starts a server', async (args, message) => {
    const config = join(newFolder(), 'mcp.json')
    writeFileSync(config, '{"mcpServers":{"a":{"command":"codecell-no-such-command"}}}')
    const { code, err } = await runInProcess([...args, '--config', config], { stdin: 'text(1)' })
    expect(code).toBe(2)
    expect(err).toMatch(new RegExp(`^${RegExp.escape(message)}\nSee: `))
  })

  test('codecell exec rejects input that is not UTF-8', async () => {
    const { code, err } = await runInProcess(['exec', '-'], { stdin: Buffer.from([0x22, 0xff, 0x22]) })
    expect([code, err]).toEqual([2, 'Cannot run standard input: expected text in UTF-8\n'])
  })
})

describe('help', () => {
  test.each([
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['exec', '--help'], /--tool-timeout MS/],
    [['help', 'doctor'], /codecell doctor \[flags\]/],
  ])('codecell %j prints to standard output', async (args, text) => {
    expect(await runInProcess(args)).toEqual({ code: 0, out: expect.stringMatching(text), err: '' })
  })
})

describe('codecell tools', () => {
  test('codecell tools prints an identifier and a description on each line', async () => {
    const { code, out } = await runInProcess(['tools', ...ofPets])
    expect([code, out.split('\n')[0]]).toEqual([0, 'pets__addPet  Add a pet (POST /pets)'])
  })

  test('codecell tools prints the names that a server uses, and shows a tool by them', async () => {
    const file = join(newFolder(), 'api.json')
    const paths = {
      '/weather': { get: { operationId: 'get.天气', summary: 'Forecast' } },
      '/repos': { get: { operationId: 'repos/list', summary: 'Repositories' } },
    }
    writeFileSync(file, JSON.stringify({ openapi: '3.1.0', servers: [{ url: 'http://localhost' }], paths }))
    const source = ['--openapi', `my-api=${file}`]
    const { out } = await runInProcess(['tools', ...source])
    expect(out.split('\n').slice(0, 2)).toEqual([
      'my_api__get___  "get.天气" in namespace "my-api": Forecast (GET /weather)',
      'my_api__repos_list  "repos/list" in namespace "my-api": Repositories (GET /repos)',
    ])
    const shown = await runInProcess(['tools', 'repos/list', ...source])
    expect(shown.out).toContain('// "repos/list" in namespace "my-api"\ndeclare const tools: { my_api__repos_list(')
    const found = await runInProcess(['tools', '--search', '天气', ...source])
    expect(found.out).toMatch(/^my_api__get___ .*\n$/)
  })

  test('codecell tools --json prints an object on each line', async () => {
    const { out } = await runInProcess(['tools', '--json', ...ofPets])
    const [first = ''] = out.split('\n')
    expect(JSON.parse(first)).toEqual({
      identifier: 'pets__addPet',
      name: 'addPet',
      namespace: 'pets',
      description: expect.stringContaining('declare const tools: { pets__addPet('),
    })
  })

  test('codecell tools --search prints the best match first', async () => {
    const { out } = await runInProcess(['tools', '--search', 'remove', ...ofPets])
    expect(out.split('\n')[0]).toBe('pets__removePet  Deprecated. DELETE /pets/{id}')
  })

  test('codecell tools NAME prints one tool with its declaration', async () => {
    const { code, out, err } = await runInProcess(['tools', 'pets__addPet', ...ofPets])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^Add a pet \(POST \/pets\)\n\nexec tool declaration:\n```ts\n/)
    expect(out).toContain('declare const tools: { pets__addPet(args: ')
  })

  test('codecell tools NAME reports the tools near a wrong name', async () => {
    const { code, err } = await runInProcess(['tools', 'pets__listPet', ...ofPets])
    expect(code).toBe(2)
    expect(err).toContain('Cannot show "pets__listPet": unknown tool; similar: pets__listPets')
  })
})
