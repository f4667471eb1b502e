import { expect, test } from 'vitest'
import type { TraceRecorder, TraceSchema } from '../../src/trace.ts'
import { anyItems } from '../trace/recorder/any-items.ts'
import { recordAgentMessages } from '../trace/recorder/record-agent-messages.ts'
import { recordAgents, rootId } from '../trace/recorder/record-agents.ts'
import { everyTool, recordEverything } from '../trace/recorder/record-everything.ts'
import { interruptedTools, recordInterruptions } from '../trace/recorder/record-interruptions.ts'
import { recordNestedKinds } from '../trace/recorder/record-nested-kinds.ts'
import { recordRequests } from '../trace/recorder/record-requests.ts'
import { record, reduced, startRecorder } from '../trace/recorder/recorded.ts'
import { referenceReducer } from './reference-reducer.ts'

/** Recordings of agents without sessions, or with their own. */
const recordings: Readonly<Record<string, (recorder: TraceRecorder) => void | Promise<void>>> = {
  'two agents and a compaction': recordAgents,
  'messages between agents': recordAgentMessages,
  'nested tools of every kind': recordNestedKinds,
}

async function expectSameState(directory: string): Promise<void> {
  const referenceState = await referenceReducer()
  expect(JSON.parse(JSON.stringify(reduced(directory).state))).toEqual(referenceState(directory))
}

test('the reference reduces the bundle of a session to the same state', async () => {
  const approvals = { onRequest: () => ({ type: 'deny', reason: 'not now' }) as const }
  const { directory, state } = await record({ tools: everyTool, approvals }, recordEverything)
  expect(Object.keys(state.code_cells).length).toBeGreaterThan(8)
  await expectSameState(directory)
})

test('the reference reduces the bundle of an interrupted session to the same state', async () => {
  const { directory, state } = await record({ tools: interruptedTools }, recordInterruptions)
  expect(Object.keys(state.code_cells)).toHaveLength(3)
  await expectSameState(directory)
})

test.each(Object.entries(recordings))('the reference reduces the bundle of %s to the same state', async (_, run) => {
  const recorder = startRecorder({ threadId: rootId })
  await run(recorder)
  await recorder.close()
  await expectSameState(recorder.directory)
})

test('the reference reduces bundles with items of any form to the same state', async () => {
  const referenceState = await referenceReducer()
  for (const [name, item] of Object.entries(anyItems)) {
    const recorder = startRecorder()
    recordRequests(recorder, item)
    await recorder.close()
    const state: unknown = JSON.parse(JSON.stringify(reduced(recorder.directory).state))
    expect(state, name).toEqual(referenceState(recorder.directory))
  }
})

test.each<[TraceSchema]>([[2], [3]])('both readers tell the schema %i of a bundle', async (schema) => {
  const referenceState = await referenceReducer()
  const recorder = startRecorder({ schema, threadId: rootId })
  recordAgents(recorder)
  await recorder.close()
  expect(reduced(recorder.directory).state.schema_version).toBe(schema)
  const state = referenceState(recorder.directory)
  if (schema === 2) expect(state).toContain('schema 2')
  else expect(state).toMatchObject({ schema_version: 3, recording_status: 'complete' })
})
