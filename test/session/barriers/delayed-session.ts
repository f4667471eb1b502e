import { randomUUID } from 'node:crypto'
import type { Session, SessionOptions } from '../../../src/index.ts'
import { openSessionOn } from '../../../src/session/create-session.ts'
import { MemorySessionStore } from '../../../src/storage/memory/memory-session-store.ts'
import { SeededRandom } from '../../faults/random.ts'
import { RandomCommits } from '../../support/commits.ts'
import { GatedStore } from '../../support/gated-store.ts'

/** Returns a function that opens sessions in memory whose barriers take a random time. */
export function delayedSessions(seed: number): (options: SessionOptions) => Promise<Session> {
  const random = new SeededRandom(seed)
  return async (options) =>
    await openSessionOn(options, async (limits) => {
      const store = new MemorySessionStore(options.sessionId ?? randomUUID(), limits)
      return new GatedStore(store, new RandomCommits(() => random.next()))
    })
}
