import { isPromise } from '../platform/is-promise.ts'

/**
 * Awaits a value that foreign code returned. All misbehavior becomes a rejection: a `then` that throws or calls back
 * twice, or a promise that cannot be awaited.
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

/** Calls foreign code and awaits its result with `awaitGuarded`. A pending call keeps nothing of the caller alive. */
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

/**
 * Calls foreign code until a signal aborts: then it rejects with the reason, and the pending promise keeps nothing of
 * the caller alive.
 */
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

/** Ignores a value that may be a promise: its rejection does not count as unhandled. */
export function ignoreRejection(value: unknown): void {
  if (!isPromise(value)) return
  try {
    // The built-in `then` reads the constructor of the promise, which may throw, so it is replaced.
    Reflect.defineProperty(value, 'constructor', { value: Promise, configurable: true })
    void Promise.prototype.then.call(value, ignore, ignore)
  } catch {
    // This promise cannot be awaited.
  }
}

/** Calls foreign code. `failed` gets the error that it throws or that its promise rejects with. */
export function callGuarded(callback: () => unknown, failed: (error: unknown) => void): void {
  try {
    const returned = callback()
    // Most callbacks return nothing.
    if (typeof returned === 'object' && returned !== null) awaitGuarded(returned).catch(failed)
  } catch (error) {
    ignoreRejection(error)
    failed(error)
  }
}

function ignore(): void {}
