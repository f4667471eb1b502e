import { isPromise } from '../../platform/is-promise.ts'
import { CodecellError, messageOf } from '../../errors.ts'
import type { LedgerEntry, ProvidedResult } from '../../storage/ledger.ts'
import { checkOptions } from '../../options/check-options.ts'
import type { CallResultInput, ProvideResultOptions } from '../api/deferred-call.ts'
import { shortenedText } from '../common/error-text.ts'
import type { Limits } from '../common/limits.ts'
import { resultJson } from '../common/result-json.ts'

const maxRequestIdChars = 200

/** A result before it is recorded. */
export type GivenResult =
  | { readonly type: 'result'; readonly value: unknown }
  | { readonly type: 'error'; readonly text: string }

/** @throws {CodecellError} `INVALID_OPTION` when it is neither a result nor an error */
export function parseResultInput(input: CallResultInput): GivenResult {
  // Callers in JavaScript can pass any value.
  const given: unknown = input
  if (typeof given !== 'object' || given === null) throw invalidResult('an object with "result" or "error"')
  const [hasResult, hasError] = [Object.hasOwn(given, 'result'), Object.hasOwn(given, 'error')]
  if (hasResult === hasError) throw invalidResult('either "result" or "error"')
  if ('result' in input) {
    if (isPromise(input.result)) throw invalidResult('a value as "result", got a promise; await it first')
    return { type: 'result', value: input.result }
  }
  const text: unknown = input.error
  if (typeof text !== 'string') throw invalidResult('a string as "error"')
  return { type: 'error', text }
}

/** @throws {CodecellError} `INVALID_OPTION` */
export function requestIdOf(options: ProvideResultOptions): string | null {
  checkOptions<ProvideResultOptions>('provideResult', options, { requestId: 'any' })
  const id: unknown = options.requestId
  if (id === undefined) return null
  if (typeof id === 'string' && id !== '' && id.length <= maxRequestIdChars) return id.toWellFormed()
  throw invalid('requestId', `a string of 1 to ${maxRequestIdChars} characters`)
}

/**
 * Returns a given result as it is recorded.
 *
 * @throws {CodecellError} `INVALID_OPTION` for a result that is not JSON or exceeds a limit
 */
export function providedResult(given: GivenResult, id: string | null, limits: Limits): ProvidedResult {
  const at = Date.now()
  if (given.type === 'error') {
    return { id, type: 'tool_error', body: shortenedText(given.text, limits.maxErrorChars).toWellFormed(), at }
  }
  try {
    return { id, type: 'tool_response', body: resultJson(given.value, limits), at }
  } catch (cause) {
    throw invalidResult(`JSON within the limits: ${messageOf(cause)}`, cause)
  }
}

/** @throws {CodecellError} `CALL_NOT_DEFERRED` when the call does not wait for a result */
export function checkDeferred(key: string, entry: LedgerEntry | null, now: number): void {
  if (entry?.key !== key) throw notDeferred(key, 'the session has no call with this key')
  const { state, deferral, reverted, note } = entry
  if (deferral === null) throw notDeferred(key, `the call is not deferred: ${note ?? `its state is "${state}"`}`)
  if (reverted?.type === 'reverted') throw notDeferred(key, 'the call was reverted')
  if (deferral.provided !== null) throw alreadyProvided(key, deferral.provided)
  if (state !== 'deferred') throw notDeferred(key, note ?? `its state is "${state}"`)
  if (deferral.expiresAt !== null && deferral.expiresAt <= now) throw notDeferred(key, expiryText(deferral.expiresAt))
}

/** Returns the error for a second result. */
export function alreadyProvided(key: string, { type, body, at }: ProvidedResult): CodecellError {
  const what = type === 'tool_error' ? 'an error' : 'a result'
  const shown = body.length > 100 ? `${body.slice(0, 100)}…` : body
  return notDeferred(key, `${what} was provided at ${new Date(at).toISOString()}: ${shown}`)
}

export function notDeferred(key: string, reason: string): CodecellError {
  const shown = key.length > 200 ? `${key.slice(0, 200)}…` : key
  return new CodecellError(
    'CALL_NOT_DEFERRED',
    `Cannot provide the result of call ${JSON.stringify(shown)}: ${reason}`,
    {
      details: { key },
    },
  )
}

/** Returns whether the result of this request is on record. */
export function isRepeated(entry: LedgerEntry | null, key: string, id: string | null): boolean {
  return id !== null && entry?.key === key && entry.deferral?.provided?.id === id
}

export function expiryText(expiresAt: number): string {
  return `the deferred call expired at ${new Date(expiresAt).toISOString()} without a result`
}

function invalidResult(expected: string, cause?: unknown): CodecellError {
  return invalid('result', expected, cause)
}

function invalid(option: string, expected: string, cause?: unknown): CodecellError {
  return new CodecellError('INVALID_OPTION', `Cannot provide the result of a call: expected ${expected}`, {
    cause,
    details: { option: `provideResult.${option}`, expected },
  })
}
