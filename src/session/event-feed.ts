import { messageOf } from '../errors.ts'
import type { SessionEvent, SessionListener } from '../events/session-event.ts'
import { callGuarded } from '../protocol/guarded-calls.ts'

/** Tells the listeners of a session what happens. There is none for a session without listeners, so that nothing is made up for nobody. */
export class EventFeed {
  readonly #listeners: Set<SessionListener>
  /** Whether cells should say where in their source events come from. */
  readonly wantsSourceLocations: boolean

  constructor(listeners: readonly SessionListener[]) {
    this.#listeners = new Set(listeners)
    this.wantsSourceLocations = listeners.some(({ wantsSourceLocations }) => wantsSourceLocations === true)
  }

  /** A listener that throws is not told anything any more: what it has heard has a hole. */
  emit(activity: SessionEvent): void {
    for (const listener of this.#listeners) {
      callGuarded(
        () => listener.onEvent(activity),
        (error) => this.#remove(listener, error),
      )
    }
  }

  #remove(listener: SessionListener, error: unknown): void {
    if (!this.#listeners.delete(listener)) return
    process.emitWarning(`A listener of the session threw: ${messageOf(error)}`, 'CodecellWarning')
  }
}

/** Null when nobody listens. */
export function feedFor(listeners: readonly SessionListener[] = []): EventFeed | null {
  return listeners.length === 0 ? null : new EventFeed(listeners)
}
