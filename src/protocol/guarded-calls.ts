import { isPromise } from 'node:util/types'

/**
 * The value that a function of others returned, or promises. Every way in which it can misbehave is a rejection of the returned
 * promise: a `then` that throws, that calls back twice, or a promise that cannot be awaited.
 */
export async function awaitGuarded(value: unknown): Promise<unknown> {
  try {
    return await value
  } catch (error) {
    ignoreRejection(value)
    ignoreRejection(error)
    throw error
  }
}

/** What a function of others gives in the end, as `adopted` has it. While it takes its time, nothing of the caller is held. */
export function callAsync(callback: () => unknown): Promise<unknown> {
  try {
    return awaitGuarded(callback())
  } catch (error) {
    ignoreRejection(error)
    const { promise, reject } = Promise.withResolvers<never>()
    reject(error)
    return promise
  }
}

/** The same until a signal aborts: then it rejects with the reason, and what the callback promised holds nothing of the caller. */
export function callUntilAborted(signal: AbortSignal, callback: () => unknown): Promise<unknown> {
  return Promise.race([callAsync(callback), aborted(signal)])
}

async function aborted(signal: AbortSignal): Promise<never> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (!signal.aborted) {
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
  }
  throw signal.reason
}

/** What becomes of this value is of no interest: its rejection is not an unhandled one. */
export function ignoreRejection(value: unknown): void {
  if (!isPromise(value)) return
  try {
    // The built-in `then`, which reads the constructor of the promise: one that throws is replaced.
    Reflect.defineProperty(value, 'constructor', { value: Promise, configurable: true })
    void Promise.prototype.then.call(value, ignore, ignore)
  } catch {
    // A promise that nobody can wait for.
  }
}

/** Calls the code of others. `failed` is given what it throws at once, or what its promise rejects with. */
export function callGuarded(callback: () => unknown, failed: (error: unknown) => void): void {
  try {
    const returned = callback()
    // Most return nothing.
    if (typeof returned === 'object' && returned !== null) awaitGuarded(returned).catch(failed)
  } catch (error) {
    ignoreRejection(error)
    failed(error)
  }
}

function ignore(): void {}
