import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openSession } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'

const agent = fileURLToPath(new URL('../fixtures/reverts-and-dies.ts', import.meta.url))

test.each([
  ['put', 'an idempotent tool is asked again', 'reverted', 1],
  ['post', 'any other is not', 'unknown', 0],
])('of an undoing of %s that was cut off by the death of the process, %s', async (name, _, type, asked) => {
  const folder = mkdtempSync(join(tmpdir(), 'codecell-revert-crash-'))
  try {
    const log = join(folder, 'log')
    const { signal } = spawnSync(process.execPath, [agent, folder, log, name])
    expect([signal, readFileSync(log, 'utf8')]).toEqual(['SIGKILL', `${name}\n`])
    const keys: string[] = []
    const tool = {
      name,
      idempotent: name === 'put',
      call: () => 1,
      revert: ({ key }: { key: string }) => keys.push(key),
    }
    await using session = await openSession('work', { durable: folder, hosts: inProcessHostPool(), tools: [tool] })
    expect(session.ledger('1')[0]?.reverted).toEqual({
      type: 'unknown',
      at: expect.any(Number),
      note: 'the process ended while the call was undone',
    })
    expect((await session.revert('1')).calls).toMatchObject([{ callId: 'tool-1', type }])
    expect(keys).toEqual(Array.from({ length: asked }, () => 'work/1/tool-1'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
