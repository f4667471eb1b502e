import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCli } from '../../support/cli.ts'
import { newFolder } from '../../support/folder.ts'

const stored = ['--http', '--store', 'sqlite:sessions.db', '--no-token']
const peer = ['--peer-listen', '127.0.0.1:0']

test.each<[readonly string[], string]>([
  [['--fleet-key-file', 'KEY'], 'Cannot use --fleet-key-file without --http'],
  [['--http', '--fleet-key-file', 'KEY', '--no-token'], 'Cannot use --fleet-key-file without --store URL'],
  [
    ['--http', '--hibernate', '1', '--no-token'],
    'Cannot use --hibernate alone: expected --http, --store URL and --fleet-key-file FILE',
  ],
  [[...stored, '--peer-url', 'http://127.0.0.1:1'], 'Cannot use --peer-url without --peer-listen'],
  [[...stored, '--fleet-key-file', 'SHORT'], 'expected at least 32 characters without spaces'],
  [
    [...stored, '--fleet-key-file', 'KEY', ...peer],
    'Cannot use --peer-listen: expected a URL with http: as --peer-url, got none',
  ],
  [
    [...stored, '--fleet-key-file', 'KEY', ...peer, '--peer-url', 'https://127.0.0.1:1'],
    'expected a URL with http: as --peer-url, got "https://127.0.0.1:1"',
  ],
  [[...stored, '--fleet-key-file', 'KEY', '--peer-listen', '127.0.0.1'], 'expected HOST:PORT'],
  [['--http', '--jwt-audience', 'a'], 'Cannot use --jwt-audience without --jwt-issuer'],
  [['--http', '--jwt-issuer', 'https://i.example'], 'Cannot use --jwt-issuer without --jwt-audience'],
  [['--jwt-issuer', 'https://i.example', '--jwt-audience', 'a'], 'Cannot use --jwt-issuer without --http'],
  [
    ['--http', '--no-token', '--jwt-issuer', 'https://i.example', '--jwt-audience', 'a'],
    'Cannot use --no-token with --jwt-issuer',
  ],
  [
    ['--http', '--jwt-issuer', 'http://i.example', '--jwt-audience', 'a'],
    'Cannot use option "issuer" of tokens: expected a URL with https:, or with http: on loopback',
  ],
  [
    ['--http', '--store', 'sqlite:sessions.db', '--fleet-key-file', 'KEY'],
    'Cannot generate a token for a fleet: expected --token-file FILE or CODECELL_TOKEN',
  ],
])('codecell serve refuses the flags %j', async (args, text) => {
  const folder = newFolder()
  const files: ReadonlyMap<string, string> = new Map([
    ['KEY', 'k'.repeat(32)],
    ['SHORT', 'too short'],
  ])
  for (const [name, content] of files) writeFileSync(join(folder, name), content)
  const { code, err } = await runCli(['serve', ...args], { cwd: folder })
  expect(err).toContain(text)
  expect(code).toBe(2)
})
