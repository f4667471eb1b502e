import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const agent = fileURLToPath(new URL('hostile-agent.ts', import.meta.url))

test('no result, error or late action of foreign code ends the process or stays unhandled', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=CodecellWarning', agent], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({ unhandled: [], failed: 0 })
  expect(status).toBe(0)
})
