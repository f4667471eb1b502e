import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { reduced } from '../trace/recorded.ts'

const workshop = new URL('./.tracing/', import.meta.url)
afterAll(() => rmSync(workshop, { recursive: true, force: true }))

test('the examples of the page about tracing run, and their bundles are whole', () => {
  const page = readFileSync(new URL('../../docs/tracing.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block ?? '')
  mkdirSync(workshop, { recursive: true })
  for (const [index, block] of blocks.entries()) {
    const program = new URL(`block-${index + 1}.ts`, workshop)
    writeFileSync(program, block)
    const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(program)], {
      cwd: workshop,
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  }
  const states = readdirSync(new URL('traces/', workshop)).map(
    (bundle) => reduced(fileURLToPath(new URL(`traces/${bundle}`, workshop))).state,
  )
  expect(states.map(({ recording_complete: isComplete }) => isComplete)).toEqual(blocks.map(() => true))
  expect(
    states.flatMap(({ conversation_items: items }) => Object.values(items).map(({ kind }) => kind)).toSorted(),
  ).toEqual(['custom_tool_call', 'custom_tool_call_output', 'message', 'message'])
})
