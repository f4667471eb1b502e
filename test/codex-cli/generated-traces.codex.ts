import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTraceWriter, openTraceBundle, reduceTrace } from '../../src/trace.ts'
import { newFolder } from '../support/folder.ts'
import { recordPlan, tracePlans, writeRecording, type TracePlan } from '../trace/reducer/generated.ts'
import { record } from '../trace/recorder/recorded.ts'
import { referenceReducer } from './reference-reducer.ts'

/** Arguments of `wait` that the reference accepts, including an unknown cell. */
const waits = fc.constantFrom('{"cell_id":"1"}', '{"cell_id":"2","yield_time_ms":5}', '{"cell_id":"none"}')

/** Additional content of every event: fields that the reference does not know, and half a surrogate pair. */
const unknown = { codecell_extra: { list: [1, null, { deep: true }] }, half: '\ud800' }

test('the reference reduces the bundle of any recording to the same state', async () => {
  const referenceState = await referenceReducer()
  const root = newFolder()
  fc.assert(
    fc.property(tracePlans(waits), (plan) => {
      const bundle = writePlan(root, plan)
      const { manifest, events, payloads } = openTraceBundle(bundle)
      const state: unknown = JSON.parse(JSON.stringify(reduceTrace(manifest, events(), payloads)))
      expect(state).toEqual(referenceState(bundle))
    }),
    { numRuns: 150 },
  )
})

test('the reference reduces the bundle of a session with strange texts and outputs to the same state', async () => {
  const referenceState = await referenceReducer()
  const deep = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
  const odd = { name: 'odd', call: () => ({ deep: deep(90), half: '\ud800', ['__proto__']: 1, nul: '\0', big: 1e308 }) }
  const program = `const half = "\ud800"; text(half + "\\udc00"); text(await tools.odd({ [half]: half })); notify(half); throw new Error(half)`
  const { directory, state } = await record({ tools: [odd] }, async ({ model }) => {
    await model.exec.call(program, { callId: 'call-\ud800' })
    await model.exec.call('text("\u202e\\u0000")', { callId: 'call-2' })
  })
  expect(Object.keys(state.code_cells).toSorted().toReversed()).toEqual(['code_cell:call-\ufffd', 'code_cell:call-2'])
  expect(JSON.parse(JSON.stringify(state))).toEqual(referenceState(directory))
})

function writePlan(root: string, plan: TracePlan): string {
  const writer = createTraceWriter({ root, rootThreadId: 'T1' })
  writeRecording(recordPlan(plan), writer, unknown)
  if (writer.directory === null) throw new Error('The bundle could not be made')
  mkdirSync(join(writer.directory, 'cells'))
  appendFileSync(join(writer.directory, 'cells/1.jsonl'), 'no JSON at all\n')
  return writer.directory
}
