import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const agent = fileURLToPath(new URL('../fixtures/durable-door.ts', import.meta.url))

test('a call of exec that an agent makes again after it was killed gives the same answer, and no second cell', () => {
  const folder = mkdtempSync(join(tmpdir(), 'codecell-door-'))
  try {
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
  } finally {
    rmSync(folder, { recursive: true })
  }
})
