import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { newFolder } from '../support/folder.ts'

const agent = fileURLToPath(new URL('../fixtures/durable-code-mode.ts', import.meta.url))

test('an exec call that is repeated after SIGKILL returns the same response and starts no second cell', () => {
  const folder = newFolder()
  const log = join(folder, 'log')
  const run = (callId: string): unknown => {
    const { stdout, signal, stderr } = spawnSync(process.execPath, [agent, folder, log, callId], { encoding: 'utf8' })
    expect([signal, stderr]).toEqual(['SIGKILL', ''])
    return JSON.parse(stdout)
  }
  const first = run('call-1')
  expect(JSON.stringify(first)).toContain('added')
  expect(run('call-1')).toEqual(first)
  expect(readFileSync(log, 'utf8')).toBe('called\n')
  run('call-2')
  expect(readFileSync(log, 'utf8')).toBe('called\ncalled\n')
})
