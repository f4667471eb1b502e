/** Failures that are accepted within the time, from one address and from all. */
const windowMs = 60_000
const maxPerAddress = 10
const maxInTotal = 200

/** Counts refused tokens, so that no client can try many. A token that is right does not count. */
export class FailedLogins {
  #failures: readonly { readonly address: string; readonly at: number }[] = []

  /** Returns the time until the next attempt of an address, in milliseconds; 0: it can try. */
  waitMs(address: string, now: number = performance.now()): number {
    this.#failures = this.#failures.filter(({ at }) => now - at < windowMs)
    const own = this.#failures.filter((failure) => failure.address === address)
    const counted = own.length >= maxPerAddress ? own : this.#failures.length >= maxInTotal ? this.#failures : []
    const [oldest] = counted
    return oldest === undefined ? 0 : oldest.at + windowMs - now
  }

  add(address: string, now: number = performance.now()): void {
    this.#failures = [...this.#failures.slice(-maxInTotal), { address, at: now }]
  }
}
