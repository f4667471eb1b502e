import { expect, test } from 'vitest'
import { replayBundle, type CellReplay } from '../../src/replay.ts'
import type { TraceBundle } from '../../src/trace.ts'
import { sharedHosts } from '../support/hosts.ts'
import { runInProcess } from '../support/in-process-cli.ts'
import { record } from '../trace/recorder/recorded.ts'
import { changeRecord, recordOf, replaysOf, type Line } from './bundle-edits.ts'

const hosts = sharedHosts('in-process')

type Recorded = { readonly directory: string; readonly bundle: TraceBundle }

/** Records two cells, and changes their engine. */
async function recordedWith(change: (engine: Line) => unknown): Promise<Recorded> {
  const { directory, bundle } = await record({}, async ({ session }) => {
    await session.execute('text(1)')
    await session.execute('text(2)')
  })
  for (const number of [1, 2]) {
    changeRecord(directory, number, (line) =>
      'engine' in line ? { ...line, engine: change(recordOf(line['engine'])) } : line,
    )
  }
  return { directory, bundle }
}

async function replayedWith(change: (engine: Line) => unknown): Promise<CellReplay[]> {
  const { bundle } = await recordedWith(change)
  return await replaysOf(replayBundle(bundle, { hosts }))
}

test('a replay on the recorded engine reports no differences of engines', async () => {
  expect(await replayedWith((engine) => engine)).toEqual([
    { type: 'same', events: 3 },
    { type: 'same', events: 3 },
  ])
})

test('a replay on another engine reports what differs, and is the same when its events are', async () => {
  const [replay] = await replayedWith((engine) => ({ ...engine, version: '1.2.3', flags: '--jitless' }))
  expect(replay).toEqual({
    type: 'same',
    events: 3,
    engineDifferences: [`version ${process.versions.v8} instead of 1.2.3`, 'flags none instead of --jitless'],
  })
})

test.each(['replay', 'check'])('codecell trace %s warns once of another engine', async (verb) => {
  const { directory } = await recordedWith((engine) => ({ ...engine, version: '1.2.3\u001b[2J', flags: '' }))
  const { code, err } = await runInProcess(['trace', verb, directory])
  expect(err).toBe(
    `Warning: this engine is not the recorded one, so results can differ: version ${process.versions.v8} instead of 1.2.3\\u{1b}[2J\n`,
  )
  expect(code).toBe(0)
})

test.each([[null], ['v8'], [{}], [{ version: 4 }]])(
  'a log with the engine %j replays without differences',
  async (engine) => {
    const [replay] = await replayedWith(() => engine)
    expect(replay).toEqual({ type: 'same', events: 3 })
  },
)
