import { expect, test } from 'vitest'
import { createTraceRecorder } from '../../src/trace.ts'
import { newFolder } from '../support/folder.ts'
import { recordAgents, rootId } from '../trace/recorder/record-agents.ts'
import { everyTool, recordEverything } from '../trace/recorder/record-everything.ts'
import { record, reduced } from '../trace/recorder/recorded.ts'
import { referenceReducer } from './reference-reducer.ts'

test('the reference reduces the bundle of a session to the same state', async () => {
  const referenceState = await referenceReducer()
  const { directory, state } = await record(
    { tools: everyTool, approvals: { onRequest: () => ({ type: 'deny', reason: 'not now' }) } },
    recordEverything,
  )
  expect(Object.keys(state.code_cells).length).toBeGreaterThan(8)
  expect(JSON.parse(JSON.stringify(state))).toEqual(referenceState(directory))
})

test('the reference reduces the bundle of two agents to the same state', async () => {
  const referenceState = await referenceReducer()
  const recorder = createTraceRecorder({ root: newFolder(), threadId: rootId })
  recordAgents(recorder)
  await recorder.close()
  const { state } = reduced(recorder.directory)
  expect(JSON.parse(JSON.stringify(state))).toEqual(referenceState(recorder.directory))
})
