import { CodecellError } from '../../errors.ts'
import type { SessionReport } from '../../storage/disk/session-report.ts'
import type { LiveSession } from './live-session.ts'

/** Closed sessions in memory that a console still shows. */
const maxClosed = 50

/** The sessions that this process has open. */
export class LiveSessions {
  readonly #sessions = new Set<LiveSession>()

  add(session: LiveSession): void {
    this.#sessions.add(session)
    const closed = [...this.#sessions].filter(({ isClosed }) => isClosed)
    for (const old of closed.slice(0, Math.max(0, closed.length - maxClosed))) this.#sessions.delete(old)
  }

  /** Returns the open session with an id; also a closed one in memory. */
  find(id: string): LiveSession | null {
    return [...this.#sessions].findLast(({ session }) => session?.id === id) ?? null
  }

  /** Returns the sessions in memory, with a string that changes with each of them. */
  list(): readonly { readonly id: string; readonly stamp: string }[] {
    return [...this.#sessions].flatMap(({ session, isStored, revision, isClosed }) =>
      session === null || isStored ? [] : { id: session.id, stamp: `${revision} ${isClosed}` },
    )
  }

  isInMemory(id: string): boolean {
    const found = this.find(id)
    return found !== null && !found.isStored
  }

  /** @throws {CodecellError} `SESSION_NOT_FOUND` */
  read(id: string): SessionReport {
    const report = this.find(id)?.report() ?? null
    if (report === null) {
      throw new CodecellError('SESSION_NOT_FOUND', `Cannot read session "${id}": this process does not have it open`)
    }
    return report
  }
}
