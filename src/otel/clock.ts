/** How far the clock of the machine may be behind before it counts as set back. */
const toleranceMs = 2

/**
 * Milliseconds since 1970, with the fractions that short calls need. Never before the time of the machine, which is where an
 * SDK has the beginnings of its own spans from, and in step with it after a sleep of the machine.
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
