/** Maximum number of attempts to open a stream that the server has never opened. */
const maxOpenings = 5

export type StandingListeners = {
  /** The stream is open again. Notifications between can be lost. */
  readonly onReopened: () => void
  /** The server does not know the session of the stream, which it knew before. */
  readonly onSessionForgotten: () => void
}

/** The stream of a session for notifications. Servers can refuse it; one that a server has opened is opened again without end. */
export class StandingStream {
  readonly #listeners: StandingListeners
  #wasOpen = false
  #failures = 0

  constructor(listeners: StandingListeners) {
    this.#listeners = listeners
  }

  onOpened(): void {
    this.#failures = 0
    if (this.#wasOpen) this.#listeners.onReopened()
    this.#wasOpen = true
  }

  /** Returns whether the client must not try again. `status` is null when the server cannot be reached. */
  onFailed(status: number | null): boolean {
    if (this.#wasOpen) {
      if (status === 404) this.#listeners.onSessionForgotten()
      return status === 404
    }
    const isRefusal = status !== null && ((status < 500 && ![408, 425, 429].includes(status)) || status === 501)
    return isRefusal || ++this.#failures >= maxOpenings
  }
}
