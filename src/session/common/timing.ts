/** The maximum delay of a timer in Node, in milliseconds. Node sets a longer delay to one millisecond. */
export const maxDelayMs: number = 2 ** 31 - 1

/** Keeps the event loop alive until `work` settles. Hosts do not, because they are unref'ed. */
export async function keepingAlive<Value>(work: Promise<Value>): Promise<Value> {
  const timer = setInterval(() => undefined, 2 ** 30)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

/** Waits until all promises have settled, for at most `ms` milliseconds. */
export async function settledWithin(promises: readonly Promise<unknown>[], ms: number): Promise<void> {
  if (promises.length === 0) return
  const { promise: timeout, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([Promise.allSettled(promises), timeout])
  clearTimeout(timer)
}

/** A point in time on two clocks, in milliseconds. */
export type Timestamp = {
  /** The system time as returned by `Date.now()`. It can jump. */
  readonly wall: number
  /** The monotonic time as returned by `performance.now()`. */
  readonly steady: number
}

let current: Timestamp | null = null

/** Returns the current time. All calls in one task return the same timestamp, e.g. for host messages that arrive together. */
export function currentTimestamp(): Timestamp {
  if (current === null) {
    current = { wall: Date.now(), steady: performance.now() }
    queueMicrotask(() => (current = null))
  }
  return current
}
