import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { installReference } from '../../scripts/reference/install-reference.ts'
import { createTraceWriter, openTraceBundle, reduceTrace } from '../../src/trace.ts'
import { record } from '../trace/recorded.ts'
import { recordPlan, tracePlans, writeRecording, type TracePlan } from '../trace/generated.ts'

const cache = fileURLToPath(new URL('../../node_modules/.cache/codecell-reference', import.meta.url))

/** What the reference takes as arguments of `wait`: anything with a cell, also one that nobody knows. */
const waits = fc.constantFrom('{"cell_id":"1"}', '{"cell_id":"2","yield_time_ms":5}', '{"cell_id":"none"}')

/** Of what it does not know, in every event, and half a character, which its parser refuses. */
const unknown = { codecell_extra: { list: [1, null, { deep: true }] }, half: '\ud800' }

test('whatever is recorded, the reference makes the same state of the bundle', async () => {
  const codex = join(dirname(await installReference(cache)), 'codex')
  const home = mkdtempSync(join(tmpdir(), 'codecell-codex-'))
  try {
    fc.assert(
      fc.property(tracePlans(waits), (plan) => {
        const bundle = writePlan(home, plan)
        const { manifest, events, payloads } = openTraceBundle(bundle)
        const state: unknown = JSON.parse(JSON.stringify(reduceTrace(manifest, events(), payloads)))
        expect(state).toEqual(referenceState(codex, home, bundle))
      }),
      { numRuns: 150 },
    )
  } finally {
    rmSync(home, { recursive: true })
  }
})

test('and of a session whose program, tools and outputs are as strange as they can be', async () => {
  const codex = join(dirname(await installReference(cache)), 'codex')
  const home = mkdtempSync(join(tmpdir(), 'codecell-codex-'))
  const deep = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
  const odd = { name: 'odd', call: () => ({ deep: deep(90), half: '\ud800', ['__proto__']: 1, nul: '\0', big: 1e308 }) }
  const program = `const half = "\ud800"; text(half + "\\udc00"); text(await tools.odd({ [half]: half })); notify(half); throw new Error(half)`
  try {
    const { directory, state } = await record({ tools: [odd] }, async ({ model }) => {
      await model.exec(program, { callId: 'call-\ud800' })
      await model.exec('text("\u202e\\u0000")', { callId: 'call-2' })
    })
    expect(Object.keys(state.code_cells).toSorted().toReversed()).toEqual(['code_cell:call-\ufffd', 'code_cell:call-2'])
    expect(JSON.parse(JSON.stringify(state))).toEqual(referenceState(codex, home, directory))
  } finally {
    rmSync(home, { recursive: true })
  }
})

function writePlan(root: string, plan: TracePlan): string {
  const writer = createTraceWriter({ root, rootThreadId: 'T1' })
  writeRecording(recordPlan(plan), writer, unknown)
  if (writer.directory === null) throw new Error('The bundle could not be made')
  mkdirSync(join(writer.directory, 'cells'))
  appendFileSync(join(writer.directory, 'cells/1.jsonl'), 'no JSON at all\n')
  return writer.directory
}

function referenceState(codex: string, home: string, bundle: string): unknown {
  const output = join(home, 'state.json')
  const args = ['debug', 'trace-reduce', bundle, '--output', output]
  const env = { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home }
  const { status, stderr } = spawnSync(codex, args, { encoding: 'utf8', env, timeout: 60_000 })
  if (status !== 0) return stderr
  return JSON.parse(readFileSync(output, 'utf8'))
}
