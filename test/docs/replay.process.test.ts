import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { changeRecord, withAnswer } from '../trace-replay/bundle-edits.ts'
import { record } from '../trace/recorded.ts'

const workshop = new URL('./.replay/', import.meta.url)
afterAll(() => rmSync(workshop, { recursive: true, force: true }))

test('the example of the page about replays finds the cell that differs', async () => {
  const page = readFileSync(new URL('../../docs/replay.md', import.meta.url), 'utf8')
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? []
  const { directory } = await record({ tools: [{ name: 'add', call: () => 3 }] }, async ({ session }) => {
    await session.execute('text(1)')
    await session.execute('text(await tools.add({}))')
  })
  changeRecord(directory, 2, (line) => withAnswer(line, '4'))
  mkdirSync(new URL('traces/', workshop), { recursive: true })
  renameSync(directory, new URL('traces/trace-1', workshop))
  writeFileSync(new URL('example.ts', workshop), example)
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('example.ts', workshop))], {
    cwd: workshop,
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(
    /^2 \{\n {2}event: 3,\n {2}recorded: \{ type: 'text', body: '3' \},\n {2}now: \{ type: 'text', body: '4' \}/,
  )
})
