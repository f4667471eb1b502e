import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { childEnv } from '../../support/cli.ts'

const program = fileURLToPath(new URL('../../fixtures/temporal-session.ts', import.meta.url))

test('Temporal reads the clock of the cell when the engine provides Temporal', () => {
  const flags = ['--harmony-temporal', '--no-node-snapshot', '--disable-warning=ExperimentalWarning']
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, program], { encoding: 'utf8', env: childEnv() })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual(['[true,true,true,true,true,true,"instant"]', 'true', 'RangeError'])
})
