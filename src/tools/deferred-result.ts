import { isRecord } from '../protocol/json.ts'

/** Shared with other copies of this module, e.g. in bundles. */
const tag = Symbol.for('codecell.deferredResult')

/**
 * The value that a tool returns when its result arrives later: `return context.defer()`. It belongs to one call, and is of no use
 * elsewhere.
 */
export class DeferredResult {
  readonly #key: string

  constructor(key: string) {
    this.#key = key
    Reflect.defineProperty(this, tag, { value: true })
  }

  /** A deferred result inside of another value would lose its meaning. */
  toJSON(): never {
    throw new TypeError(`the deferred result of call ${this.#key} is inside another value: return it itself`)
  }
}

/** Returns whether a value is a deferred result. Never throws. */
export function isDeferredResult(value: unknown): value is DeferredResult {
  try {
    return isRecord(value) && Reflect.get(value, tag) === true
  } catch {
    return false
  }
}

/** The options of `context.defer`. */
export type DeferOptions = {
  /**
   * The time after which the call fails without a result, as a `Date` or in milliseconds since 1970.
   *
   * @default never
   */
  readonly expiresAt?: Date | number
  /** The time until the call fails without a result, in milliseconds. Excludes `expiresAt`. */
  readonly timeoutMs?: number
  /** A reason for the wait, which the model and users read: at most 500 characters. */
  readonly note?: string
}

/** The `defer` of a call that no cell makes: no later result could reach its caller. */
export function neverDeferred(): never {
  throw new TypeError('Cannot defer the call: the model itself made it; only calls of programs can be deferred')
}
