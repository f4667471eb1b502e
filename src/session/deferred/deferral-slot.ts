import type { DeferralRequest } from '../../storage/ledger.ts'
import { DeferredResult, isDeferredResult, type DeferOptions } from '../../tools/deferred-result.ts'
import { shortenedText } from '../common/error-text.ts'

/** Maximum length of the note of a deferral, in characters. */
const maxNoteChars = 500

/** The latest time that a `Date` can have, in milliseconds since 1970. */
const maxTime = 8.64e15

type Requested = { readonly token: DeferredResult; readonly request: DeferralRequest }

/** The deferral of one call: requested by its tool, and valid when the tool returns it. */
export class DeferralSlot {
  #requested: Requested | null = null

  /** @throws {TypeError} for invalid options, and for a second request */
  request(key: string, options: DeferOptions | undefined, now: number): DeferredResult {
    if (this.#requested !== null) throw new TypeError('Cannot defer the call: context.defer() was called already')
    const token = new DeferredResult(key)
    this.#requested = { token, request: requestOf(options === undefined ? {} : options, now) }
    return token
  }

  /**
   * Returns the deferral that a tool returned; null for a result.
   *
   * @throws {TypeError} when the tool deferred its result and returned one, or returned the deferral of another call
   */
  taken(identifier: string, returned: unknown): DeferralRequest | null {
    const requested = this.#requested
    if (requested === null) {
      if (!isDeferredResult(returned)) return null
      throw new TypeError(`tool \`${identifier}\` returned a deferred result that does not belong to this call`)
    }
    if (returned === requested.token) return requested.request
    throw new TypeError(
      `tool \`${identifier}\` called context.defer() and returned another value; expected it to return the value of context.defer()`,
    )
  }
}

function requestOf(options: DeferOptions, now: number): DeferralRequest {
  // Tools in JavaScript can pass any value.
  const given: unknown = options
  if (typeof given !== 'object' || given === null) throw invalid('an object as options', given)
  const { expiresAt, timeoutMs, note } = options
  if (expiresAt !== undefined && timeoutMs !== undefined) {
    throw new TypeError('Cannot defer the call: expected one of expiresAt and timeoutMs, got both')
  }
  if (note !== undefined && typeof note !== 'string') throw invalid('a string as note', note)
  return {
    note: note === undefined || note === '' ? null : shortenedText(note, maxNoteChars).toWellFormed(),
    expiresAt: timeoutMs === undefined ? expiryOf(expiresAt) : expiryAfter(timeoutMs, now),
  }
}

function expiryOf(expiresAt: DeferOptions['expiresAt']): number | null {
  if (expiresAt === undefined) return null
  const time: unknown = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt
  if (typeof time === 'number' && time >= 0 && time <= maxTime) return Math.ceil(time)
  throw invalid('a Date or milliseconds since 1970 as expiresAt', expiresAt)
}

function expiryAfter(timeoutMs: unknown, now: number): number {
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0)) throw invalid('a non-negative number as timeoutMs', timeoutMs)
  return Math.min(Math.ceil(now + timeoutMs), maxTime)
}

function invalid(expected: string, value: unknown): TypeError {
  const got = typeof value === 'number' || typeof value === 'string' ? JSON.stringify(value) : typeof value
  return new TypeError(`Cannot defer the call: expected ${expected}, got ${got}`)
}
