import type { InspectedIsolate } from '../engine/inspection.ts'

/** An id that neither a client, which counts from 1, nor the program on the other side uses. */
const nudgeId = 2_000_000_100
const nudge = JSON.stringify({ id: nudgeId, method: 'Runtime.getIsolateId' })
const nudgeAnswer = `{"id":${nudgeId},`

/** Time that a response may take before the first nudge, in milliseconds; it doubles after each nudge. */
const firstMs = 20
const maxMs = 1000

/**
 * Passes messages to an isolate and ensures that each gets a response. While a paused isolate handles a message,
 * isolated-vm does not notice the next one until another arrives.
 */
export class NudgedIsolate implements InspectedIsolate {
  readonly #isolate: InspectedIsolate
  /** The number of messages without a response. */
  #open = 0
  #timer: NodeJS.Timeout | null = null

  constructor(isolate: InspectedIsolate) {
    this.#isolate = isolate
  }

  dispatch(message: string): void {
    this.#open++
    this.#isolate.dispatch(message)
    this.#nudgeIn(firstMs)
  }

  /** Returns whether a message of the isolate is for the client as well. */
  onMessage(message: string): boolean {
    if (message.startsWith(nudgeAnswer)) return false
    if (message.startsWith('{"id":') && --this.#open === 0) this.#stop()
    return true
  }

  #nudgeIn(ms: number): void {
    this.#stop()
    this.#timer = setTimeout(() => {
      try {
        this.#isolate.dispatch(nudge)
        this.#nudgeIn(Math.min(2 * ms, maxMs))
      } catch {
        // The isolate was disposed.
      }
    }, ms)
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
