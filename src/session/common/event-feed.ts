import { warnOperator } from '../../platform/process.ts'
import { messageOf } from '../../errors.ts'
import type { SessionEvent, SessionListener } from '../../events/session-event.ts'
import { callGuarded } from '../../protocol/guarded-calls.ts'

/** The event emitter of a session. A session without listeners has no feed, so it builds no events. */
export class EventFeed {
  readonly #listeners: Set<SessionListener>
  /** Whether cells must report the source location of each event. */
  readonly wantsSourceLocations: boolean

  constructor(listeners: readonly SessionListener[]) {
    this.#listeners = new Set(listeners)
    this.wantsSourceLocations = listeners.some(({ wantsSourceLocations }) => wantsSourceLocations === true)
  }

  /** Emits an event. Removes a listener that throws, because it has missed an event. */
  emit(event: SessionEvent): void {
    for (const listener of this.#listeners) {
      callGuarded(
        () => listener.onEvent(event),
        (error) => this.#remove(listener, error),
      )
    }
  }

  #remove(listener: SessionListener, error: unknown): void {
    if (!this.#listeners.delete(listener)) return
    warnOperator(`A session listener threw and was removed: ${messageOf(error)}`)
  }
}

/** Creates the feed of a session. Returns null when there are no listeners. */
export function feedFor(listeners: readonly SessionListener[] = []): EventFeed | null {
  return listeners.length === 0 ? null : new EventFeed(listeners)
}
