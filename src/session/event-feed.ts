import { messageOf } from '../errors.ts'
import type { SessionEvent, SessionListener } from '../events/session-event.ts'
import { callGuarded } from '../protocol/guarded-calls.ts'

/** Emits events to the listeners of a session. A session without listeners has no feed, so that it creates no events. */
export class EventFeed {
  readonly #listeners: Set<SessionListener>
  /** Whether cells should say where in their source events come from. */
  readonly wantsSourceLocations: boolean

  constructor(listeners: readonly SessionListener[]) {
    this.#listeners = new Set(listeners)
    this.wantsSourceLocations = listeners.some(({ wantsSourceLocations }) => wantsSourceLocations === true)
  }

  /** Emits an event. A listener that throws is removed, because it has missed an event. */
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
    process.emitWarning(`A listener of the session threw: ${messageOf(error)}`, 'CodecellWarning')
  }
}

/** Returns null without listeners. */
export function feedFor(listeners: readonly SessionListener[] = []): EventFeed | null {
  return listeners.length === 0 ? null : new EventFeed(listeners)
}
