/** A timer that was started with `setTimeout` or `setInterval`. */
export type Timer = ReturnType<typeof setTimeout>

/** Calls a function in the next turn of the event loop. */
export function inNextTurn(callback: () => void): void {
  setImmediate(callback)
}

/** Lets the process exit while a timer runs. */
export function unref(timer: Timer): void {
  timer.unref()
}

/** Resolves after a number of milliseconds. The process can exit before. */
export async function unrefDelay(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  unref(setTimeout(resolve, ms))
  await promise
}
