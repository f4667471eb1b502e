import type { Session, SessionOptions } from '../../../src/index.ts'
import { openSessionOn } from '../../../src/session/create-session.ts'
import { LoggedSessionStore } from '../../../src/storage/shared/logged-session-store.ts'
import { SeededRandom } from '../../faults/random.ts'
import { RandomCommits } from '../../support/commits.ts'
import { LogContent, MemoryLog } from '../../support/memory-log.ts'

/** Opens a session whose log has this content. Its rows take a random time. */
export async function openLogged(content: LogContent, options: SessionOptions, random: SeededRandom): Promise<Session> {
  const log = new MemoryLog(content)
  const commits = new RandomCommits(() => random.next())
  log.commit = async () => {
    await commits.barrier(null)
  }
  return await openSessionOn(options, async (limits) => await LoggedSessionStore.open(log, limits))
}

/** Returns a function that opens sessions in new logs. */
export function loggedSessions(seed: number): (options: SessionOptions) => Promise<Session> {
  const random = new SeededRandom(seed)
  return async (options) => await openLogged(new LogContent(), options, random)
}
