/** The items of a request, and the response that it continues. */
export type ChainedRequest = { readonly previous: string | null; readonly items: readonly string[] }

/** The maximum number of incomplete responses that a later request can continue. */
const maxIncomplete = 16

/**
 * The responses of one thread that requests can continue. Readers know complete responses only. A request that continues an
 * incomplete response is recorded with its items; a request that continues an unknown response, without one.
 */
export class ResponseChain {
  readonly #complete = new Set<string>()
  readonly #incomplete = new Map<string, ChainedRequest>()

  onComplete(responseId: string): void {
    this.#complete.add(responseId)
    this.#incomplete.delete(responseId)
  }

  /** Remembers a failed or cancelled response: `items` are its own and those of its request. */
  onIncomplete(responseId: string, request: ChainedRequest): void {
    if (this.#complete.has(responseId)) return
    this.#incomplete.set(responseId, request)
    const [oldest] = this.#incomplete.keys()
    if (this.#incomplete.size > maxIncomplete && oldest !== undefined) this.#incomplete.delete(oldest)
  }

  /** Returns the request to record for one that continues `responseId`. */
  continue(responseId: unknown, items: readonly string[]): ChainedRequest {
    if (typeof responseId !== 'string') return { previous: null, items }
    if (this.#complete.has(responseId)) return { previous: responseId, items }
    const incomplete = this.#incomplete.get(responseId)
    return incomplete === undefined
      ? { previous: null, items }
      : { previous: incomplete.previous, items: [...incomplete.items, ...items] }
  }
}
