import type { SessionListener } from '../../events/session-event.ts'
import type { Session } from '../../session/api/session-options.ts'
import { LiveSession } from './live-session.ts'
import { LiveSessions } from './live-sessions.ts'

/** A session of this process that a console shows. */
export type WatchedSession = {
  /** A listener for the option `listeners` of the session. */
  readonly listener: SessionListener
  /** Called with the session when it is open. `isStored`: the folder or the store of the console has it. */
  readonly attach: (session: Session, options?: { readonly isStored?: boolean }) => void
}

/** The sessions that this process has open, for the option `sessions` of {@link serveConsole}. */
export type ConsoleSessions = {
  /**
   * Returns a listener for a session that is about to open.
   *
   * @example
   * ```ts
   * const watched = sessions.watch()
   * const session = await createSession({ listeners: [watched.listener] })
   * watched.attach(session)
   * ```
   */
  readonly watch: () => WatchedSession
}

const liveSessions = new WeakMap<ConsoleSessions, LiveSessions>()

/** Creates the list of the sessions of this process. */
export function createConsoleSessions(): ConsoleSessions {
  const live = new LiveSessions()
  const sessions: ConsoleSessions = {
    watch: () => {
      const session = new LiveSession()
      const attach: WatchedSession['attach'] = (opened, { isStored = false } = {}) => {
        session.attach(opened, { isStored })
        live.add(session)
      }
      return { listener: session, attach }
    },
  }
  liveSessions.set(sessions, live)
  return sessions
}

/** Returns the sessions of a list; an empty one for an object of another kind. */
export function liveSessionsOf(sessions: ConsoleSessions | undefined): LiveSessions {
  return (sessions === undefined ? undefined : liveSessions.get(sessions)) ?? new LiveSessions()
}
