import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { createHostPool, createSession, type HostProfile, type Session } from '../../../src/index.ts'
import { signalHosts } from '../../hostile/host-death/host-processes.ts'
import { bin, childEnv } from '../../support/cli.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import { textsOf } from '../../support/texts.ts'
import { EventWatch } from '../following/event-watch.ts'

const { execPath } = process
const missing = '/nowhere/node'

const longYieldTime = { yieldTimeMs: 300_000 }

/** A program that waits on timers. Each is twice as long as the previous one, so one is long enough for an eviction. */
const source = `let isOver = false
void tools.gate({}).then(() => { isOver = true })
for (let ms = 100; !isOver; ms *= 2) await new Promise((go) => setTimeout(go, ms))
text(await tools.count({}))`

/** Resolves with the reason when an outcome reports that the cell waits for a host. */
async function hostWaitReason(session: Session, cellId: string): Promise<string> {
  for (;;) {
    const outcome = await session.observe(cellId, { yieldTimeMs: 20 })
    expect(outcome.type).toBe('yielded')
    if (outcome.type === 'yielded' && outcome.waitsForHost !== undefined) return outcome.waitsForHost
  }
}

/** Tests that a durable cell waits while the program of its hosts is missing, and resumes when it is back. */
export async function testMissingProgram({
  profile,
  state,
}: {
  readonly profile: HostProfile
  readonly state: 'evicted' | 'on a host'
}): Promise<void> {
  const reason =
    profile === 'strict' ? 'it exited with code 127' : `it could not be started: "${missing}" does not exist (ENOENT)`
  try {
    let calls = 0
    const gate = new Gate()
    const watch = new EventWatch()
    const folder = newFolder()
    await using hosts = createHostPool({ size: 1, profile })
    await using session = await createSession({
      hosts,
      storage: folder,
      sessionId: 'work',
      evictAfterMs: state === 'evicted' ? 0 : 3_600_000,
      listeners: [watch],
      tools: [gate.tool, { name: 'count', call: () => ++calls }],
    })
    await session.execute(source, { yieldTimeMs: 0 })
    await gate.called(1)
    if (state === 'evicted') await watch.waitFor('cell_evicted', 1)
    process.execPath = missing
    expect(signalHosts('SIGKILL')).toBeGreaterThan(0)
    expect(await hostWaitReason(session, '1')).toBe(reason)
    expect(await session.execute('text("later")', { yieldTimeMs: 0 })).toMatchObject({ waitsForHost: reason })
    const args = [bin, 'cells', 'work', '--durable', folder]
    const { stdout } = await promisify(execFile)(execPath, args, { env: childEnv() })
    expect(stdout.match(new RegExp(`a host process: ${RegExp.escape(reason)}`, 'g'))).toHaveLength(2)
    process.execPath = execPath
    gate.open(null)
    const last = await session.observe('1', longYieldTime)
    expect(last.type).toBe('completed')
    expect(textsOf(last)).toEqual(['1'])
    expect(textsOf(await session.observe('2', longYieldTime))).toEqual(['later'])
    expect([gate.calls.length, calls]).toEqual([1, 1])
  } finally {
    process.execPath = execPath
  }
}
