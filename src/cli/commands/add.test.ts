import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import type { CliResult } from '../../../test/support/cli.ts'
import { newFolder } from '../../../test/support/folder.ts'
import { runInProcess } from '../../../test/support/in-process-cli.ts'

const program = fileURLToPath(new URL('../../../bin/codecell.js', import.meta.url))
const { version }: { version: string } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../package.json', import.meta.url)), 'utf8'),
)

let home = ''
let project = ''
beforeEach(() => {
  home = newFolder()
  project = join(home, 'project')
  write('codecell.json', '{ "mcpServers": {} }')
})

/** The entry in a file of the project. */
const started = (config: string): { command: string; args: string[] } => ({
  command: 'npx',
  args: ['-y', `codecell@${version}`, 'serve', '--config', config],
})

const note = 'codecell runs from its sources: the entry starts the published package; --global starts this copy\n'

describe('codecell add, when the file of the client does not exist', () => {
  test.each([
    [['claude'], '.mcp.json', { mcpServers: { codecell: { type: 'stdio', ...started('codecell.json') } } }],
    [['cursor'], '.cursor/mcp.json', { mcpServers: { codecell: started('${workspaceFolder}/codecell.json') } }],
    [
      ['vscode'],
      '.vscode/mcp.json',
      { servers: { codecell: { type: 'stdio', ...started('${workspaceFolder}/codecell.json') } } },
    ],
    [['gemini'], '.gemini/settings.json', { mcpServers: { codecell: started('codecell.json') } }],
    [['zed'], '.zed/settings.json', { context_servers: { codecell: { ...started('codecell.json'), env: {} } } }],
    [
      ['opencode'],
      'opencode.json',
      {
        mcp: {
          codecell: { type: 'local', command: [started('').command, ...started('codecell.json').args] },
        },
      },
    ],
  ])('codecell add %j creates %s', async (args, file, content) => {
    expect(await add(args)).toEqual({ code: 0, out: expect.stringMatching(/^Added "codecell" to /), err: note })
    expect(JSON.parse(read(file))).toEqual(content)
    expect(read(file)).not.toContain(home)
  })

  test.each([
    [['claude', '--global'], '.claude.json'],
    [['claude', '--desktop'], '.config/Claude/claude_desktop_config.json'],
    [['cursor', '-g'], '.cursor/mcp.json'],
    [['vscode', '-g'], '.config/Code/User/mcp.json'],
    [['codex', '-g'], '.codex/config.toml'],
    [['gemini', '-g'], '.gemini/settings.json'],
    [['windsurf'], '.codeium/windsurf/mcp_config.json'],
    [['windsurf', '-g'], '.codeium/windsurf/mcp_config.json'],
    [['zed', '-g'], '.config/zed/settings.json'],
    [['opencode', '-g'], '.config/opencode/opencode.json'],
  ])('codecell add %j creates %s in the home folder, with an absolute path', async (args, file) => {
    expect(await add(args)).toMatchObject({ code: 0, err: '' })
    const written = readFileSync(join(home, file), 'utf8')
    for (const part of [process.execPath, program, join(project, 'codecell.json')]) expect(written).toContain(part)
  })

  test.each([
    [['codex', '-g'], 'CODEX_HOME', 'config.toml'],
    [['vscode', '-g'], 'XDG_CONFIG_HOME', 'Code/User/mcp.json'],
  ])('codecell add %j uses the folder of %s', async (args, variable, file) => {
    const folder = join(home, 'elsewhere')
    expect(await add(args, { [variable]: folder })).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(join(folder, file), 'utf8')).toContain(join(project, 'codecell.json'))
  })

  test('codecell add codex writes a table', async () => {
    await add(['codex', '--name', 'tools', '--', '--passthrough'])
    expect(read('.codex/config.toml')).toBe(
      `[mcp_servers.tools]\ncommand = "npx"\nargs = [ "-y", "codecell@${version}", "serve", "--config", "codecell.json", "--passthrough" ]\n`,
    )
  })
})

describe('codecell add, when the file of the client exists', () => {
  const jsonc = '{\n\t// mine\n\t"mcpServers": {\n\t\t"other": { "command": "x" } // keep\n\t},\n\t"z": 1\n}\n'

  test('codecell add keeps the comments, the order and the other servers of the file', async () => {
    write('.cursor/mcp.json', jsonc)
    await add(['cursor'])
    const after = read('.cursor/mcp.json')
    const entry = JSON.stringify({ codecell: started('${workspaceFolder}/codecell.json') }, null, '\t')
    const inner = entry.slice(2, -2).replaceAll('\n', '\n\t')
    expect(after).toBe(jsonc.replace('"mcpServers": {', `"mcpServers": {\n\t${inner},`))
  })

  test('codecell add does not touch a file that already has the entry', async () => {
    await add(['vscode'])
    const before = statSync(join(project, '.vscode/mcp.json'))
    const again = await add(['vscode'])
    expect(again.out).toBe('VS Code already has "codecell": .vscode/mcp.json\n')
    expect(statSync(join(project, '.vscode/mcp.json')).ino).toBe(before.ino)
  })

  test('codecell add replaces its own table of TOML and keeps every other line', async () => {
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

  test('codecell add keeps the mode of the file and a link to it', async () => {
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
    ['cursor', '.cursor/mcp.json', '{ "mcpServers": ', /malformed JSON: ValueExpected at 16/],
    ['cursor', '.cursor/mcp.json', '[]', /expected a JSON object/],
    ['vscode', '.vscode/mcp.json', '{ "servers": [] }', /"servers" is not an object/],
    ['codex', '.codex/config.toml', 'a = ', /malformed TOML: /],
    [
      'codex',
      '.codex/config.toml',
      'mcp_servers = { other = { command = "x" } }\n',
      /codecell cannot edit the table "mcp_servers\.codecell" as it is written/,
    ],
  ])('codecell add %s rejects %s with %j and does not change it', async (client, file, content, message) => {
    write(file, content)
    const { code, out, err } = await add([client])
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
    expect(read(file)).toBe(content)
  })
})

test('codecell add --print prints the entry and changes no file', async () => {
  const { code, out } = await add(['cursor', '--print', '--config', 'codecell.json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toEqual({ mcpServers: { codecell: started('${workspaceFolder}/codecell.json') } })
  expect(existsSync(join(project, '.cursor'))).toBe(false)
})

test('codecell add --print prints the entry for a malformed file', async () => {
  write('.cursor/mcp.json', '{')
  expect(await add(['cursor', '--print'])).toMatchObject({ code: 0, out: expect.stringContaining('npx') })
})

test.each([
  [[], /^Cannot run "codecell add": expected CLIENT: claude, cursor, /],
  [['emacs'], /^Cannot use "emacs" as CLIENT: expected claude, cursor, /],
  [['cluade'], /; did you mean "claude"\?\n/],
  [['cursor', '--desktop'], /^Cannot use --desktop with "cursor": expected "claude"/],
  [['claude', '--config', 'nope.json'], /^Cannot use --config nope\.json: file not found/],
  [['claude', '--config', '.mcp.json'], /^Cannot use --config \.mcp\.json: Claude Code reads this file/],
  [
    ['claude', '--config', '/etc/hostname'],
    /^Cannot write \/etc\/hostname into \.mcp\.json: expected a file in the project/,
  ],
  [['claude', '--name', 'a b'], /^Cannot use --name: expected 1 to 64 letters/],
])('codecell add %j reports what is wrong', async (args, message) => {
  write('.mcp.json', '{ "mcpServers": {} }')
  const { code, err } = await add(args)
  expect(code).toBe(2)
  expect(err).toMatch(message)
})

test('codecell tools skips an entry that runs codecell serve', async () => {
  write('.mcp.json', JSON.stringify({ mcpServers: { codecell: started('.mcp.json') } }))
  const { code, out, err } = await runInProcess(['tools', '--config', join(project, '.mcp.json')])
  expect([code, out, err]).toEqual([0, '', 'No tools are configured: pass --config FILE or --openapi FILE\n'])
})

function write(file: string, content: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true })
  writeFileSync(join(project, file), content)
}

function read(file: string): string {
  return readFileSync(join(project, file), 'utf8')
}

function add(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
  return runInProcess(['add', ...args], { cwd: project, io: { home, env } })
}
