import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { CliResult } from '../../../test/support/cli.ts'
import { newFolder } from '../../../test/support/folder.ts'
import { runInProcess } from '../../../test/support/in-process-cli.ts'

let home = ''
let project = ''
beforeEach(() => {
  home = newFolder()
  project = join(home, 'project')
  write('codecell.json', '{ "mcpServers": {} }')
})

function write(file: string, content: string): void {
  const path = join(project, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function read(file: string): string {
  return readFileSync(join(project, file), 'utf8')
}

function run(args: readonly string[]): Promise<CliResult> {
  return runInProcess(args, { cwd: project, io: { home, env: {} } })
}

const comments = (key: string): string =>
  `// first\n{\n  "a": [1, 2], // a\n  "${key}": {\n    // about other\n    "other": { "command": "x" } /* kept */\n    // the end\n  },\n}\n`
const tabs = (key: string): string =>
  `{\r\n\t"${key}": {\r\n\t\t"other": {\r\n\t\t\t"command": "x"\r\n\t\t}\r\n\t}\r\n}`
const oneLine = (key: string): string => `{"z":1,"${key}":{"other":{"command":"x"}}}`
const toml = '# mine\nmodel = "m"\n\n[mcp_servers.other] # o\ncommand = "x"\n\n# next\n[last]\na = 1\n'

const files = [
  ['claude', '.mcp.json', 'mcpServers'],
  ['cursor', '.cursor/mcp.json', 'mcpServers'],
  ['vscode', '.vscode/mcp.json', 'servers'],
  ['gemini', '.gemini/settings.json', 'mcpServers'],
  ['windsurf', '../.codeium/windsurf/mcp_config.json', 'mcpServers'],
  ['zed', '.zed/settings.json', 'context_servers'],
  ['opencode', 'opencode.jsonc', 'mcp'],
] as const

describe('codecell remove', () => {
  test.each(
    files.flatMap(([client, file, key]) =>
      [comments(key), tabs(key), oneLine(key)].map((content) => [client, file, content] as const),
    ),
  )('codecell remove %s restores %s as it was before codecell add: %j', async (client, file, content) => {
    write(file, content)
    expect(await run(['add', client])).toMatchObject({ code: 0, out: expect.stringMatching(/^Added "codecell" to /) })
    expect(read(file)).toContain('codecell')
    const removed = await run(['remove', client])
    expect(removed).toEqual({ code: 0, out: expect.stringMatching(/^Removed "codecell" from [\w ]+: .*\n$/), err: '' })
    expect(read(file)).toBe(content)
    expect(await run(['remove', client])).toEqual({
      code: 0,
      out: expect.stringMatching(/^[\w ]+ has no "codecell": .*\n$/),
      err: '',
    })
    expect(read(file)).toBe(content)
  })

  test.each([toml, '', 'model = "m"\n', '[mcp_servers.other]\ncommand = "x"\n'])(
    'codecell remove codex restores the TOML file %j',
    async (content) => {
      write('.codex/config.toml', content)
      await run(['add', 'codex'])
      expect(read('.codex/config.toml')).toContain('[mcp_servers.codecell]')
      expect(await run(['remove', 'codex'])).toMatchObject({
        code: 0,
        out: 'Removed "codecell" from Codex: .codex/config.toml\n',
      })
      expect(read('.codex/config.toml')).toBe(content)
    },
  )

  test('codecell remove codex removes the table in the middle of a file, with its subtables', async () => {
    const entry =
      '[mcp_servers.codecell]\ncommand = "npx"\nargs = ["codecell", "serve"]\n\n[mcp_servers.codecell.env]\nA = "1"\n\n'
    write('.codex/config.toml', toml.replace('# next', `${entry}# next`))
    await run(['remove', 'codex'])
    expect(read('.codex/config.toml')).toBe(toml)
  })

  test.each([
    ['{"mcpServers":{"codecell":ENTRY}}', '{"mcpServers":{}}'],
    ['{\n  "mcpServers": {\n    "codecell": ENTRY\n  }\n}\n', '{\n  "mcpServers": {}\n}\n'],
    ['{ "mcpServers": { "a": {}, /* c */ "codecell": ENTRY } }', '{ "mcpServers": { "a": {} /* c */ } }'],
    ['{ "mcpServers": { "codecell": ENTRY, "a": {} } }', '{ "mcpServers": { "a": {} } }'],
    [
      '{\n  "mcpServers": {\n    "a": {}, // a\n    "codecell": ENTRY // mine\n  }\n}\n',
      '{\n  "mcpServers": {\n    "a": {} // a\n    // mine\n  }\n}\n',
    ],
    [
      '{\n  "mcpServers": {\n    "a": {},\n    // c\n    "codecell": ENTRY,\n  },\n}\n',
      '{\n  "mcpServers": {\n    "a": {},\n    // c\n  },\n}\n',
    ],
    ['{"mcpServers":{"codecell":ENTRY,"codecell":ENTRY}}', '{"mcpServers":{}}'],
  ])('codecell remove keeps everything except the entry in %j', async (before, after) => {
    write('.mcp.json', before.replaceAll('ENTRY', '{ "command": "npx", "args": ["-y", "codecell@0.1.0", "serve"] }'))
    expect(await run(['remove', 'claude'])).toMatchObject({ code: 0, err: '' })
    expect(read('.mcp.json')).toBe(after)
  })

  test('codecell remove opencode finds the entry of version 2', async () => {
    const content =
      '{\n  "mcp": {\n    "servers": {\n      "other": { "type": "local", "command": ["x"] }\n    }\n  }\n}\n'
    write('opencode.json', content)
    await run(['add', 'opencode'])
    expect(JSON.parse(read('opencode.json'))).toEqual({
      mcp: { servers: { codecell: { type: 'local', command: expect.any(Array) }, other: expect.any(Object) } },
    })
    await run(['remove', 'opencode'])
    expect(read('opencode.json')).toBe(content)
  })

  test('codecell remove does not create a file', async () => {
    expect(await run(['remove', 'zed', '--global'])).toEqual({
      code: 0,
      out: `Zed has no "codecell": ${join(home, '.config/zed/settings.json')}\n`,
      err: '',
    })
    expect(existsSync(join(home, '.config'))).toBe(false)
  })

  test.each([
    [
      'claude',
      '.mcp.json',
      '{ "mcpServers": { "codecell": { "command": "x", "args": [] } } }',
      /it does not run codecell serve/,
    ],
    ['claude', '.mcp.json', '{ "mcpServers": { "codecell": 7 } }', /it does not run codecell serve/],
    ['claude', '.mcp.json', '{', /malformed JSON/],
    ['vscode', '.vscode/mcp.json', '{ "servers": [] }', /"servers" is not an object/],
    ['codex', '.codex/config.toml', 'a =', /malformed TOML/],
    [
      'codex',
      '.codex/config.toml',
      'mcp_servers = { codecell = { command = "codecell", args = ["serve"] } }\n',
      /codecell cannot edit the table "mcp_servers\.codecell" as it is written/,
    ],
  ])('codecell remove %s rejects %s with %j and does not change it', async (client, file, content, message) => {
    write(file, content)
    expect(await run(['remove', client])).toEqual({ code: 2, out: '', err: expect.stringMatching(message) })
    expect(read(file)).toBe(content)
  })
})
