import { expect, test } from 'vitest'
import { portableEntries } from '../../scripts/portable-entries.ts'
import { nodeUsesOf } from '../support/web-bundle.ts'

test('the portable entries need nothing of Node', async () => {
  expect(await nodeUsesOf(portableEntries.map((entry) => `src/${entry}.ts`))).toEqual([])
})

test('modules that need Node are found', async () => {
  const uses = await nodeUsesOf(['src/storage/disk/files/append-file.ts', 'src/host/serve.ts'])
  expect(uses).toEqual(expect.arrayContaining([expect.stringContaining('node:fs'), expect.stringContaining('process')]))
})
