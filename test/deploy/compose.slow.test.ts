import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { namespacesProblem } from './image.ts'

const script = fileURLToPath(new URL('../../examples/deploy/try.ts', import.meta.url))

test.skipIf(namespacesProblem() !== null)(
  'the processes of the Compose file run programs through the kill of a node and a restart of each, in its networks',
  () => {
    const args = ['--disable-warning=ExperimentalWarning', script]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 280_000 })
    expect([status, stdout, stderr]).toEqual([0, expect.not.stringContaining('FAILED'), ''])
    expect(stdout).toContain('hosts-1 cannot connect to the internet')
    expect(stdout).toMatch(/ok: \d+ calls were made, each once/)
    expect(stdout.match(/drained, and exited with 0/g)).toHaveLength(4)
  },
)
