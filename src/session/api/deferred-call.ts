/** A call whose result arrives later. Times are in milliseconds since 1970. */
export type DeferredCall = {
  /** The key by which the result is provided. */
  readonly key: string
  readonly callId: string
  /** The identifier of the tool. */
  readonly tool: string
  /** The reason for the wait, as the tool states it. */
  readonly note: string | null
  /** The time at which the call fails without a result; null: never. */
  readonly expiresAt: number | null
}

/** The result of a deferred call: any JSON value, or the message of an error, with which the call rejects in its cell. */
export type CallResultInput = { readonly result: unknown } | { readonly error: string }

/** The options of `session.provideResult`. */
export type ProvideResultOptions = {
  /**
   * The id of this request, of at most 200 characters. A repeated request with the same id for the same call has no effect and no
   * error. Without an id, a call accepts one request only.
   */
  readonly requestId?: string
}

/** Returns the member of an outcome or event; none without deferred calls. */
export function deferredCallsOf(deferredCalls: readonly DeferredCall[]): {
  readonly deferredCalls?: readonly DeferredCall[]
} {
  return deferredCalls.length === 0 ? {} : { deferredCalls }
}
