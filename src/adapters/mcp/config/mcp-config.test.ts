import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder } from '../../../../test/support/folder.ts'
import { expandVariables } from './expand-variables.ts'
import { loadMcpConfig } from './mcp-config.ts'

async function load(
  text: string,
  file: string = join(newFolder(), 'mcp.json'),
  env: Record<string, string> = {},
): Promise<unknown> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  return await loadMcpConfig(file, { env })
}

describe('expandVariables()', () => {
  const scope = { env: { A: 'a', EMPTY: '' }, workspaceFolder: '/w' }
  test.each([
    ['plain $A', 'plain $A', []],
    ['${A}-${env:A}', 'a-a', []],
    ['${B:-b c}', 'b c', []],
    ['${A:-x}', 'a', []],
    ['${EMPTY:-x}${EMPTY}', 'x', []],
    ['${B:-}', '', []],
    ['${B} ${env:C} ${input:key}', '  ', ['B', 'C', 'input:key']],
    ['${workspaceFolder}/x', '/w/x', []],
    ['${unclosed', '${unclosed', []],
  ])('replaces the variables in "%s"', (template, text, missing) => {
    expect(expandVariables(template, scope)).toEqual({ text, missing })
  })
})

describe('loadMcpConfig()', () => {
  test('reads the files of Claude, Cursor and VS Code', async () => {
    const folder = newFolder()
    const text = `{
      // a comment
      "mcpServers": {
        "a": { "command": "run", "args": ["--x", "\${X}"], "env": { "K": "\${env:K}", "N": 5 }, "cwd": "\${workspaceFolder}" },
        "b": { "type": "http", "url": "https://example.com/\${X:-y}", "headers": { "Authorization": "Bearer \${K}" } },
        "c": { "url": "http://127.0.0.1:1/", "type": "sse" },
        "off": { "disabled": true },
      },
    }`
    expect(await load(text, join(folder, 'mcp.json'), { X: 'x', K: 'k' })).toEqual([
      { type: 'stdio', name: 'a', command: 'run', args: ['--x', 'x'], env: { K: 'k', N: '5' }, cwd: folder },
      { type: 'http', name: 'b', url: 'https://example.com/x', headers: { Authorization: 'Bearer k' } },
      { type: 'sse', name: 'c', url: 'http://127.0.0.1:1/', headers: {} },
      { type: 'disabled', name: 'off', reason: 'its entry switches it off' },
    ])
    const forCode = '{"servers":{"v":{"type":"stdio","command":"${workspaceFolder}/run"}}}'
    expect(await load(forCode, join(folder, '.vscode/mcp.json'))).toEqual([
      { type: 'stdio', name: 'v', command: join(folder, 'run'), args: [], env: {}, cwd: null },
    ])
  })

  test.each([
    ['{"mcpServers": {"a": }}', 'it is not JSON: ValueExpected at line 1, column '],
    ['', 'it is not JSON'],
    ['[]', 'expected an object "mcpServers" (or "servers") with one entry for each server'],
    ['{"mcpServers": []}', 'expected an object "mcpServers"'],
    ['{"mcpServers": {"a": 5}}', 'server "a" must be an object'],
    ['{"mcpServers": {"a": {}}}', 'server "a" requires a string "command"'],
    ['{"mcpServers": {"a": {"command": "x", "args": "y"}}}', '"args" of server "a" must be a list of strings'],
    ['{"mcpServers": {"a": {"command": "x", "args": [1]}}}', 'server "a" requires a string "args[0]"'],
    ['{"mcpServers": {"a": {"command": "x", "env": []}}}', '"env" of server "a" must be an object of strings'],
    [
      '{"mcpServers": {"a": {"type": "websocket"}}}',
      'server "a" has the unknown type "websocket"; expected stdio, http or sse',
    ],
    ['{"mcpServers": {"a": {"url": "ftp://x"}}}', '"url" of server "a" must begin with http:// or https://'],
    [
      '{"mcpServers": {"a": {"command": "${ONE}"}, "b": {"url": "${TWO}", "headers": {"h": "${input:tok}"}}}}',
      'variables without a value: "ONE" (command of server "a"), "TWO" (url of server "b"), "input:tok" (headers.h of server "b"); set them, or write ${NAME:-default}; inputs are not supported here, so use ${NAME} instead',
    ],
  ])('names the error in %s', async (text, message) => {
    const file = join(newFolder(), 'mcp.json')
    await expect(load(text, file)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`Cannot use configuration "${file}": ${message}`),
    })
  })

  test('fails for JSON with a nesting that cannot be read', async () => {
    await expect(load('['.repeat(200_000))).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('names a file that is missing', async () => {
    await expect(loadMcpConfig(join(newFolder(), 'none.json'))).rejects.toThrow('Cannot read configuration')
  })
})

describe('the settings of tools', () => {
  const serverWith = (codecell: unknown): string => JSON.stringify({ mcpServers: { a: { command: 'x', codecell } } })

  test('may use the older and the newer names of approvals', async () => {
    const tools = { rm: { callers: ['direct'], deferred: true, approve: true }, ls: { approve: false }, cat: {} }
    const newer = { rm: { approve: 'ask' }, ls: { approve: 'allow' }, drop: { approve: 'deny' } }
    expect(await load(serverWith({ tools }))).toMatchObject([
      {
        toolSettings: new Map([
          ['rm', { allowedCallers: ['direct'], deferred: true, needsApproval: 'ask' }],
          ['ls', { needsApproval: 'allow' }],
          ['cat', {}],
        ]),
      },
    ])
    expect(await load(serverWith({ tools: newer }))).toMatchObject([
      {
        toolSettings: new Map([
          ['rm', { needsApproval: 'ask' }],
          ['ls', { needsApproval: 'allow' }],
          ['drop', { needsApproval: 'deny' }],
        ]),
      },
    ])
  })

  test.each([
    [1, '"codecell" must be an object'],
    [{ tool: {} }, '"codecell" has the unknown key "tool"; expected tools'],
    [{ tools: [] }, '"codecell.tools" must be an object'],
    [{ tools: { rm: { aprove: true } } }, '"codecell.tools.rm" has the unknown key "aprove"'],
    [{ tools: { rm: { approve: 'yes' } } }, '"codecell.tools.rm.approve" must be "allow", "ask" or "deny"'],
    [{ tools: { rm: { callers: ['model'] } } }, '"codecell.tools.rm.callers" must be a list of "direct" and "code"'],
    [{ tools: { rm: { callers: ['code', 'code'] } } }, '"codecell.tools.rm.callers" must be a list'],
  ])('%j are refused with the name of the key', async (codecell, message) => {
    await expect(load(serverWith(codecell))).rejects.toThrow(message)
  })
})

test('a warning names the keys that are unknown, but not those of clients', async () => {
  const file = join(newFolder(), 'keys.json')
  await writeFile(file, '{ "mcpServers": { "a": { "command": "x", "alwaysAllow": [], "comand": "y", "Args": [] } } }')
  const warnings: string[] = []
  await loadMcpConfig(file, { onWarning: (text) => warnings.push(text) })
  expect(warnings).toEqual([
    `${file}: server "a" has unknown keys: "comand" (did you mean "command"?), "Args" (did you mean "args"?)`,
  ])
})
