/** The longest delay of a timer in Node, in milliseconds: a longer one becomes one millisecond. */
export const maxDelayMs: number = 2 ** 31 - 1

/** Keeps the process alive while a caller waits: hosts do not. */
export async function keepingAlive<Value>(work: Promise<Value>): Promise<Value> {
  const timer = setInterval(() => undefined, 2 ** 30)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

/** Waits until all promises have settled, but at most `ms` milliseconds. */
export async function settledWithin(promises: readonly Promise<unknown>[], ms: number): Promise<void> {
  if (promises.length === 0) return
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([Promise.allSettled(promises), late])
  clearTimeout(timer)
}

/** A point in time: by the clock of the machine in whole milliseconds since 1970, which may jump, and by the monotonic clock. */
export type Timestamp = { readonly wall: number; readonly steady: number }

let current: Timestamp | null = null

/** Returns the current time. All events of one task, such as the messages of a host that arrive together, get the same timestamp. */
export function currentTimestamp(): Timestamp {
  if (current === null) {
    current = { wall: Date.now(), steady: performance.now() }
    queueMicrotask(() => (current = null))
  }
  return current
}
