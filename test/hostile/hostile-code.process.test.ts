import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const agent = fileURLToPath(new URL('hostile-agent.ts', import.meta.url))

test('nothing that the code of others returns, throws or does late ends the process or goes unhandled', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=CodecellWarning', agent], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({ unhandled: [], failed: 0 })
  expect(status).toBe(0)
})
