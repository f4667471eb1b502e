/** A point in time by two clocks: that of the machine, in whole milliseconds since 1970, which may jump, and one that never does. */
export type Moment = { readonly wall: number; readonly steady: number }

let current: Moment | null = null

/** Now. What happens in one go, such as all that a host says in one message, happens at the same moment. */
export function thisMoment(): Moment {
  if (current === null) {
    current = { wall: Date.now(), steady: performance.now() }
    queueMicrotask(() => (current = null))
  }
  return current
}
