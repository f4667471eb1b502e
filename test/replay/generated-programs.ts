import fc from 'fast-check'
import { expect } from 'vitest'
import type { ContentItem, Session } from '../../src/index.ts'
import { replayBundle, runEdited } from '../../src/replay.ts'
import { programs } from '../determinism/programs.ts'
import { sharedHosts } from '../support/hosts.ts'
import { record } from '../trace/recorder/recorded.ts'
import { replaysOf } from './bundle-edits.ts'

const ask = { name: 'ask', call: (input: unknown) => new Promise((done) => setImmediate(() => done({ input }))) }

/** Runs a program to its end, or until nothing can wake it, and returns its output. */
async function runToEnd(session: Session, source: string): Promise<ContentItem[]> {
  const items: ContentItem[] = []
  let outcome = await session.execute(source)
  while (outcome.type === 'yielded') {
    items.push(...outcome.items)
    if (outcome.stalled) outcome = await session.terminate(outcome.cellId)
    else outcome = await session.observe(outcome.cellId)
  }
  return 'items' in outcome ? [...items, ...outcome.items] : items
}

/** Records sessions of generated programs, and replays their bundles. */
export async function expectReplaysSame(numRuns: number): Promise<void> {
  const hosts = sharedHosts('in-process')
  const same = fc.asyncProperty(fc.array(programs, { minLength: 1, maxLength: 3 }), async (sources) => {
    const { bundle } = await record({ tools: [ask] }, async ({ session }) => {
      for (const source of sources) await runToEnd(session, source)
    })
    const replays = await replaysOf(replayBundle(bundle, { hosts }))
    expect(replays.map(({ type }) => type)).toEqual(sources.map(() => 'same'))
  })
  await fc.assert(same, { numRuns, endOnFailure: true })
}

/** Records generated programs, and replays each as an edited program. */
export async function expectEditedSame(numRuns: number): Promise<void> {
  const hosts = sharedHosts('in-process')
  const same = fc.asyncProperty(programs, async (source) => {
    const seen: ContentItem[] = []
    const { bundle } = await record({ tools: [ask] }, async ({ session }) => {
      seen.push(...(await runToEnd(session, source)))
    })
    const [found] = bundle.cellLogs()
    if (found === undefined) throw new Error('there is no record')
    const items: ContentItem[] = []
    const { end } = await runEdited(bundle, found, { hosts, source, onItem: (item) => items.push(item) })
    expect(['completed', 'failed', 'waiting']).toContain(end.type)
    expect(items).toEqual(seen)
  })
  await fc.assert(same, { numRuns, endOnFailure: true })
}
