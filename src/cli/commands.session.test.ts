import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, test } from 'vitest'
import { newFolder } from '../../test/support/folder.ts'
import { runInProcess } from '../../test/support/in-process-cli.ts'

const fixture = fileURLToPath(new URL('../../test/fixtures/mcp-server.ts', import.meta.url))
const pets = fileURLToPath(new URL('../../test/fixtures/pets-openapi.json', import.meta.url))

const ofPets = ['--openapi', `pets=${pets}`]

let folder = ''
beforeEach(() => {
  folder = newFolder()
})

/** A configuration with a server for each name, which behaves as is said. */
function configure(servers: Readonly<Record<string, string>>): string {
  const entries = Object.entries(servers).map(([name, behaviour]) => [
    name,
    { command: process.execPath, args: [fixture, behaviour] },
  ])
  const file = join(folder, 'servers.json')
  writeFileSync(file, JSON.stringify({ mcpServers: Object.fromEntries(entries) }))
  return file
}

test('codecell exec --trace records calls of servers, and reports servers that do not start', async () => {
  const config = configure({ 'my-server': 'good', bad: 'dies-at-start' })
  const source = join(folder, 'call.js')
  writeFileSync(source, 'const r = await tools.mcp__my_server__echo({ a: 1 }); text(r.content[0].text)')
  const { code, out, err } = await runInProcess(['exec', source, '--trace', folder, '--config', config])
  expect(code).toBe(0)
  expect(out).toContain('{"a":1}\n')
  expect(err).toContain('Cannot start MCP server "bad": ')
  expect(err).toContain('fatal: the database is locked')
  const [, bundle = ''] = /^Trace: (.+)$/m.exec(err) ?? []
  expect(await runInProcess(['trace', 'check', '--no-replay', bundle])).toMatchObject({
    code: 0,
    out: expect.stringContaining('cells: 1, tool calls: 2'),
  })
})

test('codecell exec --trace-schema selects the format of the bundle', async () => {
  for (const [flags, schema] of [
    [[], 3],
    [['--trace-schema', '2'], 2],
  ] as const) {
    const args = ['exec', '-', '--trace', folder, ...flags]
    const { err } = await runInProcess(args, { stdin: 'text(1)' })
    const [, bundle = ''] = /^Trace: (.+)$/m.exec(err) ?? []
    const manifest: unknown = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({ schema_version: schema })
  }
})

test.each([
  [['--trace', '.', '--trace-schema', '4'], 'Cannot use --trace-schema'],
  [['--trace-schema', '2'], 'Cannot use --trace-schema without --trace DIR'],
])('codecell exec %j is a usage error', async (flags, message) => {
  const { code, err } = await runInProcess(['exec', '-', ...flags], { stdin: 'text(1)' })
  expect([code, err]).toEqual([2, expect.stringContaining(message)])
})

test.each(['-e', '--eval'])('codecell exec %s runs its value', async (flag) => {
  const { code, out } = await runInProcess(['exec', '--quiet', flag, '// a comment\ntext(6 * 7)'])
  expect([code, out]).toEqual([0, '42\n'])
})

test('codecell exec --json prints each event as a line of JSON', async () => {
  const source = 'notify("n"); text((await tools.pets__listPets({}).catch(() => "closed"))); throw "x"'
  const args = ['exec', '-', '--json', '--trace', join(folder, 'traces'), ...ofPets]
  const { code, out } = await runInProcess(args, { stdin: source })
  const events: unknown[] = out
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  expect(code).toBe(1)
  expect(events).toHaveLength(7)
  const call = { id: 'tool-1', tool: 'pets__listPets' }
  expect(events).toEqual(
    expect.arrayContaining([
      { type: 'started', cell_id: '1' },
      { type: 'notification', text: 'n' },
      { type: 'tool_call_started', ...call },
      { type: 'tool_call_ended', ...call, duration_ms: expect.any(Number), error: expect.any(String) },
      { type: 'output', item: { type: 'input_text', text: 'closed' } },
      { type: 'result', status: 'failed', error: 'x', limit: null, wall_time_ms: expect.any(Number) },
    ]),
  )
  expect(events.at(-1)).toEqual({ type: 'trace', directory: expect.stringMatching(/traces.trace-/) })
})

test('codecell exec rejects a wrong program before it runs, and shows the line', async () => {
  const stdin = 'text("side effect")\ntext(await tools.pets__listPet({}))'
  const { code, out, err } = await runInProcess(['exec', '-', ...ofPets], { stdin })
  expect([code, err]).toEqual([1, ''])
  expect(out).toMatch(
    /^Script error:\nTypeError: tools\.pets__listPet is not a function: .*\n {4}at exec_main\.mjs:2:18\n {2}1 \| text\("side effect"\)\n> 2 \| .*\n {4}\| {18}\^\nDid you mean `pets__listPets`/,
  )
  expect(out).toMatch(/\nNothing of the script has run\.\n\nScript failed\nWall time [\d.]+ seconds\n$/)
})

test('codecell exec --json reports a rejected program as a result without a cell', async () => {
  const stdin = 'await tools.pets__addPet({ nope: 1 })'
  const { code, out } = await runInProcess(['exec', '-', '--json', ...ofPets], { stdin })
  expect([code, JSON.parse(out)]).toEqual([
    1,
    {
      type: 'result',
      status: 'failed',
      error: expect.stringContaining('> 1 | await tools.pets__addPet({ nope: 1 })'),
      limit: null,
      wall_time_ms: expect.any(Number),
    },
  ])
})

test.each([
  ['const b = ;', '> 1 | const b = ;\n    |           ^'],
  ['text(1)\nconsole.log(2)', 'Programs have no console: text(value) appends to the output.'],
  ['ls -la', 'exec takes a JavaScript program, not a shell command'],
])('codecell exec of %j adds hints to the error', async (stdin, hint) => {
  const { code, out } = await runInProcess(['exec', '-'], { stdin })
  expect([code, out]).toEqual([1, expect.stringContaining(hint)])
})

test.each([
  ['--cpu-ms', 'for (;;);', 3, 'resource=cpu_ms limit=100'],
  ['--tool-timeout', 'await new Promise(() => {})', 1, 'the script cannot make progress'],
])('codecell exec %s 100 with the program %j exits with %i and reports why', async (flag, stdin, code, message) => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const result = await runInProcess(['exec', '-', flag, '100', '--trace', file], { stdin })
  expect(result.out).toContain(message)
  expect(result.err).toMatch(/^Cannot start the trace: [^\n]*\n$/)
  expect(result.code).toBe(code)
})

test('a command exits with 4 when no server starts', async () => {
  const { code, err } = await runInProcess(['tools', '--config', configure({ bad: 'dies-at-start' })])
  expect([code, err]).toEqual([4, expect.stringContaining('Cannot start MCP server "bad": ')])
})

test('codecell doctor exits with 0 when everything works', async () => {
  const { code, out, err } = await runInProcess(['doctor'])
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/ok {6}A host in the default profile runs a cell/)
  expect(out).toMatch(/ok {6}A host in the strict profile runs a cell/)
})

test('codecell doctor --json prints one object with a finding for each check', async () => {
  const { code, out, err } = await runInProcess(['doctor', '--json', '--config', configure({ bad: 'dies-at-start' })])
  const report: { ok: boolean; version: string; findings: { check: string; state: string }[] } = JSON.parse(out)
  expect([code, err, report.ok]).toEqual([1, '', false])
  expect(report.version).toMatch(/^\d+\.\d+\.\d+$/)
  expect(report.findings.map(({ check }) => check)).toEqual([
    'node',
    'isolate_binary',
    'default_host',
    'strict_host',
    'memory_watch',
    'typescript',
    'mcp_servers',
  ])
  expect(report.findings.at(-1)).toEqual({
    check: 'mcp_servers',
    state: 'broken',
    text: expect.stringContaining('MCP server "bad" does not start: '),
    advice: 'Run its command by hand',
  })
})

test('codecell doctor exits with 1 when a server does not start', async () => {
  const config = configure({ good: 'good', bad: 'dies-at-start' })
  const { code, out } = await runInProcess(['doctor', '--config', config])
  expect(code).toBe(1)
  expect(out).toContain('MCP server "good" starts and has 7 tools')
  expect(out).toMatch(/BROKEN {2}MCP server "bad" does not start: /)
})
