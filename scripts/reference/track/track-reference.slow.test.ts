import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { pinnedVersion } from '../install-reference.ts'

const script = fileURLToPath(new URL('../../track-reference.ts', import.meta.url))

test.each([
  [[], 'Cannot track the reference: expected one version; run "npm run track:reference -- VERSION"'],
  [['1.0.0', '1.0.1'], 'Cannot track the reference: expected one version; run "npm run track:reference -- VERSION"'],
  [['latest'], `Cannot install the reference: expected a version such as ${pinnedVersion}, got "latest"`],
  [
    ['1.0.0', '--only', 'cases,shoes'],
    'Cannot run part "shoes": must be one of catalogue, texts, builtins, cases, cells, conversations, messages, scenarios, traces',
  ],
])('track-reference with the arguments %j fails with status 2', (args, message) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toContain(`${message}\n`)
})
