import type { HttpRequest } from './http-request.ts'

/** Concurrent requests of all clients. The server accepts a few more connections. */
const maxRequests = 400

/** The number of callers that share everything when it is not known. */
const unknownCallers = 10

/** The equal shares of callers in requests and clients. */
export class CallerShares {
  readonly #callers: number
  readonly #open = new Map<string, number>()

  /** `callers` is null when anyone with a token of the issuer is a caller. */
  constructor(callers: number | null) {
    this.#callers = Math.max(1, callers ?? unknownCallers)
  }

  of(all: number): number {
    return Math.max(1, Math.floor(all / this.#callers))
  }

  /** Counts a request until its response ends. Returns false when the caller has its share. */
  begin({ caller: { id }, response }: HttpRequest): boolean {
    const open = this.#open.get(id) ?? 0
    if (open >= this.of(maxRequests)) return false
    this.#open.set(id, open + 1)
    response.once('close', () => {
      const left = (this.#open.get(id) ?? 1) - 1
      if (left > 0) this.#open.set(id, left)
      else this.#open.delete(id)
    })
    return true
  }
}
