import { expect, test } from 'vitest'
import { nodeUsesOf } from '../support/web-bundle.ts'

test('sessions, code mode tools and the host runtime need nothing of Node in their web variants', async () => {
  const modules = ['src/session/session.ts', 'src/agent/tools/code-mode-tools.ts', 'src/host/runtime.ts']
  expect(await nodeUsesOf(modules)).toEqual([])
})

test('modules that need Node are found', async () => {
  const uses = await nodeUsesOf(['src/storage/disk/files/append-file.ts', 'src/host/serve.ts'])
  expect(uses).toEqual(expect.arrayContaining([expect.stringContaining('node:fs'), expect.stringContaining('process')]))
})
