import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { plainKey } from '../support/keys.ts'
import { expect, test } from 'vitest'
import { openSession } from '../../src/index.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'

const agent = fileURLToPath(new URL('../fixtures/reverts-and-dies.ts', import.meta.url))

test.each([
  ['put', 'repeats', 'reverted', 1],
  ['post', 'does not repeat', 'unknown', 0],
])('after a crash during a revert of %s, revert() %s it', async (name, _, type, asked) => {
  const folder = newFolder()
  const log = join(folder, 'log')
  const { signal } = spawnSync(process.execPath, ['--no-node-snapshot', agent, folder, log, name])
  expect([signal, readFileSync(log, 'utf8')]).toEqual(['SIGKILL', `${name}\n`])
  const keys: string[] = []
  const tool = {
    name,
    idempotent: name === 'put',
    call: () => 1,
    revert: ({ key }: { key: string }) => keys.push(key),
  }
  const hosts = sharedHosts('in-process')
  await using session = await openSession({ storage: folder, sessionId: 'work', hosts, tools: [tool] })
  expect(session.ledger('1')[0]?.reverted).toEqual({
    type: 'unknown',
    at: expect.any(Number),
    note: 'the process ended during the revert',
  })
  expect((await session.revert('1')).calls).toMatchObject([{ callId: 'tool-1', type }])
  expect(keys.map((key) => plainKey(key))).toEqual(Array.from({ length: asked }, () => 'work/1/tool-1'))
  // Each retry uses the same key, including the token.
  expect(new Set(keys).size).toBe(Math.min(asked, 1))
})
