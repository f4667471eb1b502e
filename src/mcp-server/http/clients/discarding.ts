import type { DiscardReason } from '../../request-rights.ts'
import { isCallOf } from './http-request.ts'

/** The status of the SDK for a request whose server closed. */
const closedStatus = 499

/** Decides whether the response of a request is sent. */
export class Discarding {
  readonly #body: unknown
  #isSent = false
  #reason: DiscardReason | 'closed' | null = null

  constructor(body: unknown) {
    this.#body = body
  }

  /** The reason why the response has not been sent; null when it has. `closed`: its server ended, and it had no effect. */
  get reason(): DiscardReason | 'closed' | null {
    return this.#reason
  }

  readonly discard = (reason: DiscardReason): boolean => {
    // Other messages of a batch have had their effects.
    if (this.#isSent || Array.isArray(this.#body)) return false
    this.#reason = reason
    return true
  }

  readonly onSend = (status: number): boolean => {
    if (status === closedStatus) {
      this.#reason ??= !isCallOf(this.#body) || isCallOf(this.#body, 'wait') ? 'closed' : 'unknown'
    }
    this.#isSent = this.#reason === null
    return this.#isSent
  }
}
