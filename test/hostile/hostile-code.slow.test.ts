import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { builtProgram } from '../support/built-program.ts'

const agent = await builtProgram(new URL('hostile-agent.ts', import.meta.url))

test('no result, error or late action of foreign code ends the process or stays unhandled', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=CodecellWarning', agent], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({ unhandled: [], failed: 0 })
  expect(status).toBe(0)
})
