/** The difference to the system clock that counts as a clock change, in milliseconds. */
const toleranceMs = 2

/**
 * Returns milliseconds since 1970 with fractions, for short calls. Never earlier than the system clock, which SDKs use for
 * their spans, and correct after a sleep of the machine.
 */
export class Clock {
  #anchor = 0

  now(): number {
    const machine = Date.now()
    const elapsed = performance.now()
    const time = this.#anchor + elapsed
    if (time >= machine && time < machine + toleranceMs) return time
    this.#anchor = machine - elapsed
    return machine
  }
}
