import type { Session } from '../../src/index.ts'
import { internalsOf, type SessionInternals } from '../../src/session/session-internals.ts'

/** Returns the internal parts of an open session. */
export function sessionParts(session: Session): SessionInternals {
  const parts = internalsOf(session)
  if (parts === null) throw new TypeError('The session is closed')
  return parts
}
