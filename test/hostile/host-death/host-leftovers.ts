import { expect } from 'vitest'
import { createHostPool, createSession } from '../../../src/index.ts'
import { LaterHosts } from './host-processes.ts'
import type { Profile } from '../hosts-under-test.ts'

/** Actions of a process before it disposes a pool. None of them leaves a host behind. */
export const leftovers: readonly (readonly [name: string, play: (profile: Profile) => Promise<void>])[] = [
  ['runs cells that cannot be stopped', disposeBusyHosts],
  ['closes a session while its cells start', closeWhileStarting],
  ['revives a cell on a dedicated host', (profile) => disposeAfterRevivals(profile, 2)],
]

async function disposeBusyHosts(profile: Profile): Promise<void> {
  const left = new LaterHosts()
  const hosts = createHostPool({ profile, size: 2, warmIsolates: 1 })
  const session = await createSession({ hosts })
  const sources = [
    'for (;;);',
    'await new Promise(() => {})',
    'new Array(2 ** 32 - 2).forEach(() => {})',
    'for (;;) text("x")',
  ]
  const cells = sources.map((source) => session.execute(source, { yieldTimeMs: 200 }))
  await Promise.allSettled(cells)
  await session.close()
  await hosts[Symbol.asyncDispose]()
  expect(left.pids).toEqual([])
}

async function closeWhileStarting(profile: Profile): Promise<void> {
  const left = new LaterHosts()
  const hosts = createHostPool({ profile, size: 1, warmIsolates: 1 })
  const session = await createSession({ hosts })
  const cells = Array.from({ length: 10 }, () => session.execute('text(1); await new Promise(() => {})'))
  await session.close()
  for (const outcome of await Promise.all(cells)) expect(outcome.type).toMatch(/^(?:terminated|yielded)$/)
  await hosts[Symbol.asyncDispose]()
  expect(left.pids).toEqual([])
}

/** A pool disposes a dedicated host in the background. Several rounds make it likely that a race appears. */
export async function disposeAfterRevivals(profile: Profile, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const left = new LaterHosts()
    const hosts = createHostPool({ profile, size: 1, warmIsolates: 1 })
    const session = await createSession({ hosts })
    await session.execute('yield_control(); for (let n = 0; n < 3e7; n++);', { yieldTimeMs: 600_000 })
    left.kill()
    await session.observe('1', { yieldTimeMs: 600_000 })
    await session.close()
    await hosts[Symbol.asyncDispose]()
    expect(left.pids).toEqual([])
  }
}
