import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createTraceRecorder } from '../../src/trace.ts'
import { installReference } from '../../scripts/reference/install-reference.ts'
import { recordAgents, rootId } from '../trace/record-agents.ts'
import { everyTool, recordEverything } from '../trace/record-everything.ts'
import { newFolder } from '../support/folder.ts'
import { record, reduced } from '../trace/recorded.ts'

const cache = fileURLToPath(new URL('../../node_modules/.cache/codecell-reference', import.meta.url))

/** What the reference's command makes of a bundle. */
async function referenceState(bundle: string): Promise<unknown> {
  const codex = join(dirname(await installReference(cache)), 'codex')
  const home = mkdtempSync(join(tmpdir(), 'codecell-codex-'))
  const output = join(home, 'state.json')
  try {
    const { stderr } = spawnSync(codex, ['debug', 'trace-reduce', bundle, '--output', output], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home },
    })
    expect(stderr).not.toMatch(/^Error/m)
    return JSON.parse(readFileSync(output, 'utf8'))
  } finally {
    rmSync(home, { recursive: true })
  }
}

test('the reference reduces the bundle of a session to the same state, whatever happened in it', async () => {
  const { directory, state } = await record(
    { tools: everyTool, onApproval: () => ({ type: 'deny', reason: 'not now' }) },
    recordEverything,
  )
  expect(Object.keys(state.code_cells).length).toBeGreaterThan(8)
  expect(JSON.parse(JSON.stringify(state))).toEqual(await referenceState(directory))
})

test('and the bundle of two agents that were recorded by hand', async () => {
  const recorder = createTraceRecorder({ root: newFolder(), threadId: rootId })
  recordAgents(recorder)
  await recorder.close()
  const { state } = reduced(recorder.directory)
  expect(JSON.parse(JSON.stringify(state))).toEqual(await referenceState(recorder.directory))
})
