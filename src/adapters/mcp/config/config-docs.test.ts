import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { load } from '../../../../test/support/load-mcp-config.ts'
import { unknownKeysOf, type ClientName } from './config-keys.ts'

const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')

const titles: Readonly<Record<ClientName, string>> = {
  claude: 'Claude Code and Claude Desktop',
  cursor: 'Cursor',
  windsurf: 'Windsurf',
  gemini: 'Gemini CLI',
  cline: 'Cline',
  vscode: 'VS Code',
  zed: 'Zed',
  opencode: 'opencode',
  codex: 'Codex',
}

/** The keys in the first column of the table below a heading. */
function keysBelow(title: string): string[] {
  const [, section = ''] = page.split(`\n## ${title}\n`)
  const [table = ''] = section.split('\n## ')
  const cells = [...table.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, key = '']) => key))
}

const clients: readonly ClientName[] = [
  'claude',
  'cursor',
  'windsurf',
  'gemini',
  'cline',
  'vscode',
  'zed',
  'opencode',
  'codex',
]

test.each(clients)('no key in the table of %s is unknown', (client) => {
  const keys = keysBelow(titles[client])
  expect(keys.length).toBeGreaterThanOrEqual(5)
  expect(unknownKeysOf(Object.fromEntries(keys.map((key) => [key, 1])), client)).toEqual([])
  expect(unknownKeysOf({ frobnicate: 1 }, client)).toEqual(['frobnicate'])
})

test('the first example of the page can be loaded', async () => {
  const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? []
  const { servers } = await load('codecell.json', example.replace('GITHUB_TOKEN', 'TOKEN'))
  expect(servers.map(({ name, type }) => [name, type])).toEqual([
    ['files', 'stdio'],
    ['github', 'http'],
  ])
})
