import { expect, test } from 'vitest'
import { exportOtlp, showTrace } from '../../../src/trace.ts'
import { spansOf } from '../../otel/receiver.ts'
import { record } from '../recorder/recorded.ts'
import { expectPrintedEverywhere, loggedCells } from './expect-printed.ts'
import { expectProgramsPrinted } from './play-programs.ts'

test('everything that generated programs print is in the show and in each export', async () => {
  await expectProgramsPrinted(6)
})

const fourTexts = `for (const name of ["one", "two", "three", "four"]) {
  text(name + "!")
  await new Promise((resolve) => setTimeout(resolve, 20))
}`

test('four texts with timers between them, read by several waits, are shown once each', async () => {
  const { directory, bundle, state } = await record({}, async ({ model }) => {
    let { cellId } = await model.exec.call(`// @exec: {"yield_time_ms": 5}\n${fourTexts}`)
    while (cellId !== null) ({ cellId } = await model.wait.call({ cell_id: cellId, yield_time_ms: 15 }))
  })
  expectPrintedEverywhere(directory)
  const shown = [...showTrace(state, bundle, { full: true })].join('\n')
  expect(['one!', 'two!', 'three!', 'four!'].map((text) => shown.split(text).length - 1)).toEqual([1, 1, 1, 1])
})

test('output that was truncated for the model is shown whole, with what the model got', async () => {
  const { directory, bundle, state } = await record({}, ({ model }) =>
    model.exec.call('// @exec: {"max_output_tokens": 4}\ntext("start" + "-".repeat(100) + "end")'),
  )
  expectPrintedEverywhere(directory)
  const lines = [...showTrace(state, bundle, { full: true })].map((line) => line.trim())
  expect(lines).toContain(`> start${'-'.repeat(100)}end`)
  expect(lines.filter((line) => line.startsWith('model got: '))).toEqual([expect.stringContaining('tokens truncated')])
})

test('output that another cell read is the output of the cell that printed it', async () => {
  const { directory } = await record({}, async ({ model }) => {
    await model.exec.call('// @exec: {"max_output_tokens": 4}\ntext("first" + "-".repeat(200)); text("second")')
    await model.exec.call('text(load("output:1").length)')
  })
  expectPrintedEverywhere(directory)
  expect(loggedCells(directory).map(({ printed }) => printed)).toEqual([[`first${'-'.repeat(200)}`, 'second'], ['212']])
})

test('an output that is too long for an attribute is in the events of its span, in parts', async () => {
  const { bundle, state } = await record({}, ({ model }) =>
    model.exec.call('for (let i = 0; i < 4; i++) text(i + "y".repeat(10_000)); text("\u{1f600}".repeat(20_000))'),
  )
  const spans = [...exportOtlp(state, bundle, { content: true })].flatMap((request) =>
    spansOf(JSON.parse(JSON.stringify(request))),
  )
  const events = spans.flatMap((span) => span.events).filter(({ name }) => name === 'codecell.output')
  const texts = events.map(({ attributes }) => String(attributes[0]?.value['stringValue']))
  expect(texts.map((text) => text.length)).toEqual([30_005, 10_001, 32_768, 7232])
  expect(texts.slice(2).join('')).toBe('\u{1f600}'.repeat(20_000))
})
