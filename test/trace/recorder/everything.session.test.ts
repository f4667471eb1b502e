import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { replayBundle } from '../../../src/replay.ts'
import { makeViewData, showTrace } from '../../../src/trace.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { replaysOf } from '../../replay/bundle-edits.ts'
import { expectConsistent } from '../reducer/expect-consistent.ts'
import { expectSoundChromeTrace, expectSoundRows, expectSoundSpans } from '../export/export-rules.ts'
import { everyTool, recordEverything } from './record-everything.ts'
import { record, type Recorded } from './recorded.ts'

// One session does everything that a trace can contain.

let recorded: Recorded
const root = mkdtempSync(join(tmpdir(), 'codecell-everything-'))
beforeAll(async () => {
  recorded = await record({ tools: everyTool }, recordEverything, root)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('the bundle of a session with everything in it reduces, and all of its cells and calls have ended', () => {
  expect(recorded.warnings).toEqual([])
  const statuses = Object.values(recorded.state.code_cells).map(({ runtime_status: status }) => status)
  expect(statuses.toSorted()).toEqual([
    ...Array.from({ length: 7 }, () => 'completed'),
    'failed',
    'failed',
    'terminated',
    'terminated',
  ])
  const running = Object.values(recorded.state.tool_calls).filter(({ execution }) => execution.status === 'running')
  expect(running).toEqual([])
  for (const { path } of recorded.bundle.cellLogs()) {
    expect([...recorded.bundle.readCellLog(path)].at(-1)).toMatchObject({ type: 'closed' })
  }
})

test('showTrace() shows a session with everything in it', () => {
  const text = [...showTrace(recorded.state, recorded.bundle)].join('\n')
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  expect(text).toMatch(/notification delivered: halfway/)
  expect(text).toMatch(/approval tool-5 refused: no approver is available/)
  expect(text).toMatch(/mcp__x__wait \{"cell_id":4\} → 5/)
  expect(text).toMatch(/exec pragma only supports/)
  expect(text.match(/ {2}cell \d+ /g)).toHaveLength(11)
})

test.each([
  ['exportJsonLines()', expectSoundRows],
  ['exportChromeTrace()', expectSoundChromeTrace],
  ['exportOtlp()', expectSoundSpans],
])('%s exports a session with everything in it', (_, expectSound) => {
  expectSound({ state: recorded.state, source: recorded.bundle })
})

test('makeViewData() makes consistent data of a session with everything in it', () => {
  expectConsistent(makeViewData(recorded.bundle), recorded.state)
})

test('replayBundle() replays a session with everything in it in a child process', async () => {
  const replays = await replaysOf(replayBundle(recorded.bundle, { hosts: sharedHosts('default') }))
  expect(replays.map(({ type }) => type)).toEqual(replays.map(() => 'same'))
  expect(replays.length).toBeGreaterThan(8)
})
