/** Returns whether a value is a promise of this realm. */
export function isPromise(value: unknown): value is Promise<unknown> {
  try {
    return value instanceof Promise
  } catch {
    // A proxy whose prototype cannot be read.
    return false
  }
}
