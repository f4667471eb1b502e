import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { exportJsonLines } from '../../src/trace.ts'
import { changeRecord, withAnswer } from '../replay/bundle-edits.ts'
import { record, reduced } from '../trace/recorder/recorded.ts'
import { sampleBundle, traceId } from '../trace/view/write-sample.ts'
import { example, outputOf, workshop } from './examples.ts'

test('the example of catalogue.md finds its tool', () => {
  expect(outputOf(example('catalogue.md')).match(/identifier: 'create_event'|\[\]/g)).toEqual([
    "identifier: 'create_event'",
    "identifier: 'create_event'",
    '[]',
    "identifier: 'create_event'",
  ])
})

test('the second example of durability.md finds no unknown call in the session of the first one', () => {
  expect(outputOf(example('durability.md'))).toContain("text: 'done'")
  expect(outputOf(example('durability.md', 1))).toBe('')
})

test('the third example of durability.md reverts the last call first', () => {
  expect(outputOf(example('durability.md', 2)).replaceAll(/\s+/g, ' ')).toMatch(
    /\/tool-2', type: 'reverted' \}, \{ key: '[-0-9a-f]+\/1\/tool-1', type: 'reverted' \} \] 0 $/,
  )
})

test.each([['eviction.md'], ['security.md'], ['waiting.md']])('the example of %s runs', (page) => {
  expect(outputOf(example(page))).toBe('')
})

test.each([
  ['errors.md', 'INVALID_OPTION\n'],
  ['limits.md', 'cpu_ms\n'],
])('the example of %s prints what the page says', (page, output) => {
  expect(outputOf(example(page))).toBe(output)
})

test('the example of following.md prints each event', () => {
  expect(outputOf(example('following.md')).match(/(?<= type: ')(output|notification|ended)/g)).toEqual([
    'output',
    'notification',
    'output',
    'ended',
  ])
})

test('the example of telemetry.md runs without an SDK', () => {
  expect(outputOf(example('telemetry.md'))).toBe('2\n')
})

test('the example of trace-export.md runs', () => {
  const { directory, state, bundle } = reduced(sampleBundle())
  const { length } = [...exportJsonLines(state, bundle)]
  expect(outputOf(example('trace-export.md'), directory)).toMatch(
    new RegExp(`^trace ${traceId} {2}completed[\\s\\S]*\\n${length} ms 1\\n$`),
  )
})

test('the example of replay.md finds the cell that differs', async () => {
  const { directory } = await record({ tools: [{ name: 'add', call: () => 3 }] }, async ({ session }) => {
    await session.execute('text(1)')
    await session.execute('text(await tools.add({}))')
  })
  changeRecord(directory, 2, (line) => withAnswer(line, '4'))
  mkdirSync(new URL('traces/', workshop))
  renameSync(directory, new URL('traces/trace-1', workshop))
  expect(outputOf(example('replay.md'))).toMatch(
    /^2 \{\n {2}event: 3,\n {2}recorded: \{ type: 'text', body: '3' \},\n {2}now: \{ type: 'text', body: '4' \}/,
  )
})

test('the examples of tracing.md record whole bundles', () => {
  for (const index of [0, 1, 2]) outputOf(example('tracing.md', index))
  const states = readdirSync(new URL('traces/', workshop)).map(
    (bundle) => reduced(fileURLToPath(new URL(`traces/${bundle}`, workshop))).state,
  )
  expect(states.map(({ recording_status: status }) => status)).toEqual(['complete', 'complete', 'complete'])
  expect(states.flatMap(({ terminal_operations: operations }) => Object.values(operations))).toHaveLength(1)
  expect(
    states.flatMap(({ conversation_items: items }) => Object.values(items).map(({ kind }) => kind)).toSorted(),
  ).toEqual([
    'custom_tool_call',
    'custom_tool_call',
    'custom_tool_call_output',
    'custom_tool_call_output',
    'message',
    'message',
  ])
})
