import { randomUUID } from '../platform/random.ts'
import { MemorySessionStore } from '../storage/memory/memory-session-store.ts'
import type { SessionStore } from '../storage/session-store.ts'
import type { SessionOptions } from './api/session-options.ts'
import type { Limits } from './common/limits.ts'

/** Opens the store of a session in memory: web platforms have no folders. */
export function openStore(
  { sessionId = randomUUID() }: Pick<SessionOptions, 'sessionId'>,
  { limits }: { readonly limits: Limits },
): Promise<SessionStore> {
  return Promise.resolve(new MemorySessionStore(sessionId, limits))
}
