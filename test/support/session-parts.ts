import type { Session } from '../../src/index.ts'
import { partsOf, type SessionParts } from '../../src/session/session-internals.ts'

/** Returns the internal parts of an open session. */
export function sessionParts(session: Session): SessionParts {
  const parts = partsOf(session)
  if (parts === null) throw new TypeError('The session is closed')
  return parts
}
