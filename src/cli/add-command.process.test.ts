import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))
const program = fileURLToPath(new URL('../../bin/codecell.js', import.meta.url))

let home = ''
let project = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'codecell-add-'))
  project = join(home, 'project')
  mkdirSync(project)
  write('codecell.json', '{ "mcpServers": {} }')
})
afterEach(() => rmSync(home, { recursive: true }))

const started = (config: string): object => ({
  command: process.execPath,
  args: [program, 'serve', '--config', config],
})

describe('a file that is not there is made', () => {
  test.each([
    [['claude'], '.mcp.json', { mcpServers: { codecell: { type: 'stdio', ...started('codecell.json') } } }],
    [['cursor'], '.cursor/mcp.json', { mcpServers: { codecell: started('${workspaceFolder}/codecell.json') } }],
    [
      ['vscode'],
      '.vscode/mcp.json',
      { servers: { codecell: { type: 'stdio', ...started('${workspaceFolder}/codecell.json') } } },
    ],
  ])('codecell add %j writes %s', async (args, file, content) => {
    expect(await add(args)).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(read(file))).toEqual(content)
  })

  test.each([
    [['claude', '--global'], '.claude.json'],
    [['claude', '--desktop'], '.config/Claude/claude_desktop_config.json'],
    [['cursor', '-g'], '.cursor/mcp.json'],
    [['vscode', '-g'], '.config/Code/User/mcp.json'],
    [['codex', '-g'], '.codex/config.toml'],
  ])('codecell add %j writes %s of the user, with the whole path', async (args, file) => {
    expect(await add(args)).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(join(home, file), 'utf8')).toContain(join(project, 'codecell.json'))
  })

  test('codecell add codex writes a table', async () => {
    await add(['codex', '--name', 'tools', '--', '--passthrough'])
    expect(read('.codex/config.toml')).toBe(
      `[mcp_servers.tools]\ncommand = "${process.execPath}"\nargs = [ "${program}", "serve", "--config", "${join(project, 'codecell.json')}", "--passthrough" ]\n`,
    )
  })
})

describe('a file that is there', () => {
  const jsonc = '{\n\t// mine\n\t"mcpServers": {\n\t\t"other": { "command": "x" } // keep\n\t},\n\t"z": 1\n}\n'

  test('keeps its comments, its order and its other servers', async () => {
    write('.cursor/mcp.json', jsonc)
    await add(['cursor'])
    const after = read('.cursor/mcp.json')
    const entry = JSON.stringify({ codecell: started('${workspaceFolder}/codecell.json') }, null, '\t')
    const inner = entry.slice(2, -2).replaceAll('\n', '\n\t')
    expect(after).toBe(jsonc.replace('"mcpServers": {', `"mcpServers": {\n\t${inner},`))
  })

  test('is not touched when the entry is in it already, and says so', async () => {
    await add(['vscode'])
    const before = statSync(join(project, '.vscode/mcp.json'))
    const again = await add(['vscode'])
    expect(again.out).toBe('VS Code has the entry "codecell" already: .vscode/mcp.json\n')
    expect(statSync(join(project, '.vscode/mcp.json')).ino).toBe(before.ino)
  })

  test('has its own table replaced and every other line of TOML kept', async () => {
    const before =
      '# mine\nmodel = "m" # best\n\n[mcp_servers.codecell] # old\ncommand = "old"\nargs = []\n\n[mcp_servers.codecell.env]\nA = "1"\n\n# next\n[other]\ntext = """\n[mcp_servers.codecell]\n"""\n'
    write('.codex/config.toml', before)
    expect(await add(['codex'])).toMatchObject({ code: 2 })
    write('.codex/config.toml', before.replace(/\[mcp_servers.codecell.env\]\nA = "1"\n\n/, ''))
    expect(await add(['codex'])).toMatchObject({ code: 0 })
    const after = read('.codex/config.toml')
    expect(after).toMatch(
      /^# mine\nmodel = "m" # best\n\n\[mcp_servers\.codecell\]\ncommand = ".*"\nargs = \[.*\]\n\n# next\n\[other\]\n/,
    )
    expect(after).toMatch(/\ntext = """\n\[mcp_servers.codecell\]\n"""\n$/)
  })

  test('keeps its mode, and stays a link', async () => {
    write('real.json', '{}')
    chmodSync(join(project, 'real.json'), 0o600)
    mkdirSync(join(project, '.cursor'))
    symlinkSync(join(project, 'real.json'), join(project, '.cursor/mcp.json'))
    await add(['cursor'])
    expect(lstatSync(join(project, '.cursor/mcp.json')).isSymbolicLink()).toBe(true)
    expect(read('real.json')).toContain('codecell')
    expect(statSync(join(project, 'real.json')).mode & 0o777).toBe(0o600)
    expect(readdirSync(project).sort()).toEqual(['.cursor', 'codecell.json', 'real.json'])
  })

  test.each([
    ['cursor', '.cursor/mcp.json', '{ "mcpServers": ', /it is not JSON: ValueExpected at 16/],
    ['cursor', '.cursor/mcp.json', '[]', /it is not a JSON object/],
    ['vscode', '.vscode/mcp.json', '{ "servers": [] }', /"servers" is not an object/],
    ['codex', '.codex/config.toml', 'a = ', /it is not TOML: /],
    [
      'codex',
      '.codex/config.toml',
      'mcp_servers = { other = { command = "x" } }\n',
      /it is not TOML: |is written in a way that this command does not change/,
    ],
  ])('codecell add %s refuses %s with %j and leaves it', async (client, file, content, message) => {
    write(file, content)
    const { code, out, err } = await add([client])
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
    expect(read(file)).toBe(content)
  })
})

test('--print shows the entry and changes nothing', async () => {
  const { code, out } = await add(['cursor', '--print', '--config', 'codecell.json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toEqual({ mcpServers: { codecell: started('${workspaceFolder}/codecell.json') } })
  expect(existsSync(join(project, '.cursor'))).toBe(false)
})

test.each([
  [[], /^Cannot tell which client to set up: claude, cursor, vscode, codex are known/],
  [['emacs'], /^Cannot set up "emacs": claude, cursor, vscode, codex are known/],
  [['cursor', '--desktop'], /^Cannot use --desktop with "cursor": it is for "claude" only/],
  [['claude', '--config', 'nope.json'], /^Cannot use --config nope\.json: there is no such file/],
  [['claude', '--config', '.mcp.json'], /^Cannot use --config \.mcp\.json: it is the file that Claude Code reads/],
  [['claude', '--name', 'a b'], /^Cannot name the entry "a b"/],
])('codecell add %j says what is wrong', async (args, message) => {
  write('.mcp.json', '{ "mcpServers": {} }')
  const { code, err } = await add(args)
  expect(code).toBe(2)
  expect(err).toMatch(message)
})

test('an entry that runs codecell serve is never served again', async () => {
  write('.mcp.json', JSON.stringify({ mcpServers: { codecell: started('.mcp.json') } }))
  const { code, out, err } = await run(['tools', '--config', '.mcp.json'])
  expect([code, out, err]).toEqual([0, '', 'No tools are configured: pass --config FILE or --openapi FILE\n'])
})

function write(file: string, content: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true })
  writeFileSync(join(project, file), content)
}

function read(file: string): string {
  return readFileSync(join(project, file), 'utf8')
}

function add(args: readonly string[]): ReturnType<typeof run> {
  return run(['add', ...args])
}

async function run(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home }
  const child = spawn(process.execPath, [bin, ...args], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = new Promise<number>((resolve) => {
    child.on('close', (code) => resolve(code ?? -1))
  })
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, out, err }
}
