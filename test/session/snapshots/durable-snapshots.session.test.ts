import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../support/folder.ts'
import { begin, finish } from './counting-cell.ts'
import { Opening } from './durable-trial.ts'

test('a cell of a durable session resumes from a snapshot, which its end removes', async () => {
  const location = newFolder()
  await begin(location)
  const cells = join(location, 's', 'cells')
  expect(readdirSync(cells).toSorted()).toEqual(['1.jsonl', '1.snapshot'])
  await using second = await Opening.at(location)
  expect(await finish(second)).toEqual({ restores: 1, warnings: [] })
  expect(second.sentCommands).toBe(2)
  expect(readdirSync(cells)).toEqual([])
})

test('a cell whose stored snapshot was changed is replayed, with a warning', async () => {
  const location = newFolder()
  await begin(location)
  const file = join(location, 's', 'cells', '1.snapshot')
  const bytes = readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
  writeFileSync(file, bytes)
  await using second = await Opening.at(location)
  const reason = 'Cannot open a snapshot: its seal is not of this session and this content'
  expect(await finish(second)).toEqual({
    restores: 0,
    warnings: [{ type: 'snapshot_ignored', cellId: '1', reason }],
  })
})
