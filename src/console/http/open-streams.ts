import type { ServerResponse } from 'node:http'
import type { ConsoleUser } from '../auth/console-user.ts'
import { RequestError } from './respond.ts'

/** The maximum number of streams of a server, and the time after which a client can try again, in seconds. */
const maxStreams = 100
const retryAfterSeconds = 5

/** The longest duration of a timer, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1

type OpenStream = { readonly user: ConsoleUser; readonly close: () => void }

/** The streams of a server, of all kinds and tenants. Each ends with the right of its user. */
export class OpenStreams {
  readonly #streams = new Map<ServerResponse, OpenStream>()

  /**
   * Counts a stream until its response closes. Returns false for a client that has left, which needs no stream.
   *
   * @param close - Ends the response when the login or the token ends.
   * @throws {RequestError} when too many streams are open
   */
  admit(response: ServerResponse, user: ConsoleUser, close: () => void): boolean {
    if (response.destroyed) return false
    if (this.#streams.size >= maxStreams) {
      throw new RequestError(503, 'TOO_MANY_REQUESTS', `Cannot open a stream: ${maxStreams} streams are open`, {
        advice: `Close other pages of the console, or try again in ${retryAfterSeconds} seconds.`,
        retryAfterSeconds,
      })
    }
    this.#streams.set(response, { user, close })
    const timer = setTimeout(close, Math.min(Math.max(0, user.expiresAt - Date.now()), maxTimerMs))
    timer.unref()
    response.once('close', () => {
      clearTimeout(timer)
      this.#streams.delete(response)
    })
    return true
  }

  /** Ends the streams of a user. */
  end(user: ConsoleUser): void {
    for (const stream of this.#streams.values()) if (stream.user === user) stream.close()
  }
}
