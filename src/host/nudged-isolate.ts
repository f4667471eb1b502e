import type { InspectedIsolate } from './inspection.ts'

/** Beside the ids of a client, which count from 1, and of the program on the other side. */
const nudgeId = 2_000_000_100
const nudge = JSON.stringify({ id: nudgeId, method: 'Runtime.getIsolateId' })
const nudgeAnswer = `{"id":${nudgeId},`

/** How long an answer may take before the isolate is nudged first, in milliseconds; twice as long each time after that. */
const firstMs = 20
const maxMs = 1000

/**
 * Hands messages to an isolate and sees to it that each is answered. isolated-vm does not notice a message that comes while an
 * isolate that stands still handles the one before, until another one comes.
 */
export class NudgedIsolate implements InspectedIsolate {
  readonly #isolate: InspectedIsolate
  /** Messages that are not answered. */
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

  /** Whether a message of the isolate is for others too. */
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
        // The isolate is gone.
      }
    }, ms)
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
