import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { createTraceRecorder, createTraceWriter, type TraceSchema } from '../../../src/trace.ts'
import { recordAgents, rootId } from '../../../test/trace/recorder/record-agents.ts'
import { recordPlan, tracePlans, writeRecording } from '../../../test/trace/reducer/generated.ts'

const fixtures = fileURLToPath(new URL('../../../test/fixtures/traces/', import.meta.url))
const generatedCount = 10

/** Arguments of `wait` that the reference accepts. */
const waits = fc.constantFrom('{"cell_id":"1"}', '{"cell_id":"2","yield_time_ms":5}')

/** Writes bundles of codecell into a folder, in each schema. Returns their folders by name. */
export async function ownBundles(folder: string): Promise<Readonly<Record<string, string>>> {
  const fixed = readdirSync(fixtures).map((name) => [`fixture ${name}`, join(fixtures, name)])
  const written = [...(await writtenBundles(folder, 2)), ...(await writtenBundles(folder, 3))]
  return Object.fromEntries([...fixed, ...written])
}

async function writtenBundles(folder: string, schema: TraceSchema): Promise<readonly (readonly [string, string])[]> {
  const recorder = createTraceRecorder({ root: folder, threadId: rootId, schema })
  recordAgents(recorder)
  await recorder.close()
  const plans = fc.sample(tracePlans(waits), { seed: 1, numRuns: generatedCount })
  const generated = plans.map((plan, index) => {
    const writer = createTraceWriter({ root: folder, rootThreadId: 'T1', schema })
    writeRecording(recordPlan(plan), writer)
    if (writer.directory === null) throw new Error('Cannot write a bundle: the folder cannot be created')
    return [`generated recording ${index + 1}, schema ${schema}`, writer.directory] as const
  })
  return [[`two recorded agents, schema ${schema}`, recorder.directory], ...generated]
}
