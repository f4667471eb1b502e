/** Maximum number of attempts to resume a stream that bring no event. */
const maxFailures = 3

/** Time after which a stream that ends was not refused, in milliseconds: proxies cut idle streams. */
const idleMs = 5000

/** A request whose stream ended before its response. */
export type ResumedStream = { readonly id: unknown; readonly failures: number }

/** The requests whose streams ended early, by the last event of the stream, from which the client resumes it. */
export class ResumedStreams {
  readonly #byEvent = new Map<string, ResumedStream>()

  /** Returns the request that a resumed stream belongs to, and removes it; null for another stream. */
  take(event: string): ResumedStream | null {
    const stream = this.#byEvent.get(event) ?? null
    this.#byEvent.delete(event)
    return stream
  }

  /** Stores a request whose stream can be resumed again. Returns whether it can. */
  put(event: string, { id, failures }: ResumedStream, ended: StreamEnd): boolean {
    const next = ended.hadEvent || ended.lastedMs >= idleMs ? 0 : failures + 1
    if (event === '' || next >= maxFailures) return false
    this.#byEvent.set(event, { id, failures: next })
    return true
  }
}

export type StreamEnd = { readonly hadEvent: boolean; readonly lastedMs: number }

/** The end of an attempt that opened no stream. */
export const refused: StreamEnd = { hadEvent: false, lastedMs: 0 }
