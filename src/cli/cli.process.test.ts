import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))
const fixture = fileURLToPath(new URL('../../test/fixtures/mcp-server.ts', import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codecell-cli-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Result = { readonly code: number | null; readonly out: string; readonly err: string }

function start(args: readonly string[], stdin = ''): { child: ChildProcess; result: Promise<Result> } {
  const env = { PATH: process.env['PATH'] ?? '', TOKEN: 'canary' }
  const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env, stdio: 'pipe' })
  child.stdin.end(stdin)
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const result = new Promise<Result>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }))
  })
  return { child, result }
}

async function run(args: readonly string[], stdin = ''): Promise<Result> {
  return await start(args, stdin).result
}

async function file(name: string, content: string | Buffer): Promise<string> {
  await writeFile(join(folder, name), content)
  return name
}

function config(servers: Record<string, string>): string {
  const entries = Object.entries(servers).map(([name, behaviour]) => [
    name,
    { command: process.execPath, args: [fixture, behaviour] },
  ])
  return JSON.stringify({ mcpServers: Object.fromEntries(entries) })
}

describe('codecell exec', () => {
  test('shows what a model would see, output as plain text on a pipe', async () => {
    const result = await run(
      ['exec', '-'],
      'text("hi"); text({ a: 1 }); image("data:image/png;base64,AAAA"); notify("note")',
    )
    expect(result).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^Script running with cell ID 1\nOutput:\nhi\n\{"a":1\}\n\[image: image\/png, 3 bytes\]\n\nScript completed\nWall time \d+\.\d seconds\n$/,
      ),
      err: '[notification] note\n',
    })
  })

  test('shows only the output with --quiet, and errors on standard error', async () => {
    const result = await run(['exec', '-', '--quiet'], 'text("hi"); throw new Error("no")')
    expect(result).toEqual({ code: 1, out: 'hi\n', err: 'Script error:\nError: no\n    at exec_main.mjs:1:19\n' })
  })

  test('records the run with --trace, for people and for programs', async () => {
    await file('traced.json', config({ ok: 'good' }))
    const source = 'text((await tools.mcp__ok__echo({ text: "x" })).content)'
    const { code, err } = await run(['exec', '--trace', 'traces', '--config', 'traced.json', '-'], source)
    const [, bundle = ''] = /^Trace: (.+)$/m.exec(err) ?? []
    expect(code).toBe(0)
    expect(await run(['trace', 'check', bundle])).toMatchObject({
      code: 0,
      out: expect.stringContaining('cells: 1, tool calls: 2'),
    })
    const { out } = await run(['exec', '--json', '--trace', 'traces', '-'], 'text(1)')
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual({
      type: 'trace',
      directory: expect.stringMatching(/^traces.trace-/),
    })
    const lost = await run(['exec', '--trace', 'traced.json', '-'], 'text(1)')
    expect(lost).toMatchObject({ code: 0, err: expect.stringMatching(/^Cannot start the trace: [^\n]*\n$/) })
  })

  test('calls the tools of the configured servers, and warns of those that do not start', async () => {
    await file('servers.json', config({ good: 'good', bad: 'dies-at-start' }))
    const source = await file('call.js', 'const r = await tools.mcp__good__echo({ a: 1 }); text(r.content[0].text)')
    const result = await run(['exec', source, '--config', 'servers.json'])
    expect(result.code).toBe(0)
    expect(result.out).toContain('{"a":1}\n')
    expect(result.err).toContain('Cannot start MCP server "bad": ')
    expect(result.err).toContain('fatal: the database is locked')
  })

  test('tells a program everything as lines of JSON', async () => {
    await file('servers.json', config({ good: 'good' }))
    const source = 'notify("n"); text((await tools.mcp__good__echo({})).content.length); throw "x"'
    const result = await run(['exec', '-', '--json', '--config', 'servers.json'], source)
    const events: unknown[] = result.out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(result.code).toBe(1)
    expect(events).toHaveLength(6)
    expect(events).toEqual(
      expect.arrayContaining([
        { type: 'started', cell_id: '1' },
        { type: 'notification', text: 'n' },
        { type: 'tool_call_started', id: 'tool-1', tool: 'mcp__good__echo' },
        {
          type: 'tool_call_ended',
          id: 'tool-1',
          tool: 'mcp__good__echo',
          duration_ms: expect.any(Number),
          error: null,
        },
        { type: 'output', item: { type: 'input_text', text: '1' } },
        { type: 'result', status: 'failed', error: 'x', limit: null, wall_time_ms: expect.any(Number) },
      ]),
    )
  })

  const failures: [args: string[], stdin: string, code: number, message: string][] = [
    [['exec', 'none.js'], '', 2, 'Cannot run "none.js": there is no such file'],
    [['exec', '.'], '', 2, 'Cannot run ".": it is a folder; a file is expected'],
    [['exec', '-'], '  \n', 2, 'Cannot run standard input: it is empty'],
    [['exec', '-'], 'a\0b', 2, 'Cannot run standard input: it is not text in UTF-8'],
    [['exec'], '', 2, 'Cannot tell what to run: one file, or "-" for standard input, is expected'],
    [['exec', '-', '--nope'], '', 2, "Unknown option '--nope'"],
    [['exec', '-', '--cpu-ms', 'soon'], 'text(1)', 2, 'Cannot use --cpu-ms soon: a whole number is expected'],
    [
      ['exec', '-', '--memory-mb', '1'],
      'text(1)',
      2,
      'Cannot set limit "memoryMb" to 1: a whole number from 32 to 4096 is expected',
    ],
    [['exec', '-', '--profile', 'lax'], 'text(1)', 2, 'Cannot use --profile lax: "default" and "strict" are known'],
    [['exec', '-', '--config', 'none.json'], 'text(1)', 2, 'Cannot read configuration "none.json": '],
    [['exec', '-', '--config', 'all-bad.json'], 'text(1)', 4, 'Cannot start MCP server "bad": '],
    [['exec', '-', '--cpu-ms', '100'], 'for (;;);', 3, 'resource=cpu_ms limit=100'],
    [
      ['exec', '-'],
      '// @exec: {"x": 1}\ntext(1)',
      2,
      'exec pragma only supports `yield_time_ms` and `max_output_tokens`; got `x`',
    ],
    [['exec', '-'], 'await new Promise(() => {})', 1, 'the script can make no progress any more'],
    [['frobnicate'], '', 2, 'Cannot run "frobnicate": there is no such command'],
    [['constructor'], '', 2, 'Cannot run "constructor": there is no such command'],
    [['help', 'constructor'], '', 0, 'codecell exec FILE|-'],
    [['exec', '/dev/zero'], '', 2, 'Cannot run "/dev/zero": it is not a file'],
    [['exec', '-'], 'text("\ufffd is text")', 0, '\ufffd is text'],
    [[], '', 2, 'codecell exec FILE|-'],
    [['tools', 'x', 'y'], '', 2, 'Cannot use "y": one tool, or --search QUERY, is expected'],
    [['tools', 'x', '--search', 'y'], '', 2, 'Cannot use "x": one tool, or --search QUERY, is expected'],
  ]

  test.each(failures)('%j with %j ends with %i and says why', async (args, stdin, code, message) => {
    await file('all-bad.json', config({ bad: 'dies-at-start' }))
    const result = await run(args, stdin)
    expect(`${result.out}${result.err}`).toContain(message)
    expect(result.code).toBe(code)
  })

  test('says that output was lost, but not when its reader has left', async () => {
    const source = await file('flood.js', 'for (let n = 0; n < 100_000; n++) text(`line ${n}`)')
    const command = `"$0" "$1" exec ${source}`
    const lost = spawnSync('sh', ['-c', `${command} > /dev/full`, process.execPath, bin], { cwd: folder })
    expect([lost.status, lost.stderr.toString()]).toEqual([1, expect.stringContaining('Cannot write the output: ')])
    const cut = spawnSync('sh', ['-c', `${command} | head -n 1`, process.execPath, bin], { cwd: folder })
    expect([cut.stdout.toString(), cut.stderr.toString()]).toEqual(['Script running with cell ID 1\n', ''])
  })

  test('ends the cell at Ctrl-C, shows what there was, and leaves no process behind', async () => {
    await file('servers.json', config({ good: 'good' }))
    const source =
      'text((await tools.mcp__good__pid({})).content[0].text); text("so far"); for (;;) await tools.mcp__good__never({})'
    const { child, result } = start(['exec', '-', '--config', 'servers.json'], source)
    const seen = Promise.withResolvers<void>()
    let out = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (out.includes('so far')) seen.resolve()
    })
    await seen.promise
    child.kill('SIGINT')
    const ended = await result
    expect(ended.code).toBe(130)
    expect(ended.out).toMatch(/\d+\nso far\n\nScript terminated\nWall time/)
    const serverPid = Number(/^\d+$/m.exec(ended.out)?.[0])
    expect(() => process.kill(serverPid, 0)).toThrow('ESRCH')
  })
})

describe('codecell tools', () => {
  test('lists identifiers, as text and as JSON', async () => {
    await file('servers.json', config({ 'my-server': 'good' }))
    const text = await run(['tools', '--config', 'servers.json'])
    expect(text.code).toBe(0)
    expect(text.out.split('\n')).toContain('mcp__my_server__echo  The tool echo')
    const json = await run(['tools', '--json', '--config', 'servers.json'])
    const [first]: unknown[] = json.out.split('\n').map((line): unknown => (line === '' ? null : JSON.parse(line)))
    expect(first).toEqual({
      identifier: 'mcp__my_server__dies',
      name: 'dies',
      namespace: 'mcp__my-server',
      description: expect.stringContaining('declare const tools: { mcp__my_server__dies('),
    })
  })

  test('finds tools by words, shows one with its declaration, and names those near a wrong name', async () => {
    await file('servers.json', config({ s: 'good' }))
    const found = await run(['tools', '--search', 'structured', '--config', 'servers.json'])
    expect(found.out.split('\n')[0]).toBe('mcp__s__structured  The tool structured')
    const shown = await run(['tools', 'mcp__s__echo', '--config', 'servers.json'])
    expect(shown).toMatchObject({ code: 0, err: '' })
    expect(shown.out).toMatch(/^The tool echo\n\nexec tool declaration:\n```ts\ndeclare const tools: \{ mcp__s__echo\(/)
    const wrong = await run(['tools', 'structure', '--config', 'servers.json'])
    expect(wrong.code).toBe(2)
    expect(wrong.err).toContain('Cannot show "structure": there is no such tool; near it are mcp__s__structured')
  })
})

describe('codecell doctor', () => {
  test('says what works', async () => {
    await file('servers.json', config({ good: 'good', bad: 'dies-at-start' }))
    const fine = await run(['doctor'])
    expect(fine).toMatchObject({ code: 0, err: '' })
    expect(fine.out).toMatch(/ok {6}A host in the default profile runs a cell/)
    expect(fine.out).toMatch(/ok {6}A host in the strict profile runs a cell/)
    const broken = await run(['doctor', '--config', 'servers.json'])
    expect(broken.code).toBe(1)
    expect(broken.out).toContain('MCP server "good" starts and has 7 tools')
    expect(broken.out).toMatch(/BROKEN {2}MCP server "bad" does not start: /)
  })
})

describe('codecell', () => {
  test('has help and a version', async () => {
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect((await run(['exec', '--help'])).out).toContain('--tool-timeout MS')
    expect((await run(['help', 'doctor'])).out).toContain('codecell doctor [flags]')
  })
})
