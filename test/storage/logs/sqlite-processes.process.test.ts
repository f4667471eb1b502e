import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteLogs } from '../../../src/storage/logs/sqlite/open-sqlite-logs.ts'
import { newFolder } from '../../support/folder.ts'

test('several processes create one file and write one session, without losing a record', async () => {
  const path = join(newFolder(), 'store.db')
  const writers = ['a', 'b', 'c']
  expect(await Promise.all(writers.map((writer) => run(path, writer)))).toStrictEqual([0, 0, 0])
  const logs = await openSqliteLogs(path)
  onTestFinished(() => logs[Symbol.asyncDispose]())
  const { records, epoch } = await logs.read({ tenant: 'a', id: 'shared' })
  expect(epoch).toBe(30)
  const types = records.map(({ type }) => type)
  for (const writer of writers) {
    const own = types.filter((type) => type.startsWith(`${writer}-`))
    const all = Array.from({ length: 10 }, (_, round) => [0, 1, 2].map((n) => `${writer}-${round}-${n}`))
    expect(own).toStrictEqual(all.flat())
  }
})

function run(path: string, writer: string): Promise<number | null> {
  const script = join(import.meta.dirname, '../../fixtures/append-to-store.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, path, writer], {
    stdio: 'inherit',
  })
  return new Promise((resolve) => child.on('exit', resolve))
}
