import { CodecellError } from '../../errors.ts'

const unconfirmed = new WeakSet<object>()

/** Returns the error for a cell whose record could not be confirmed: the store can have it, so that the next owner starts it. */
export function unconfirmedStart(error: unknown): unknown {
  if (!(error instanceof CodecellError)) return error
  // A copy, because all calls of a session that is lost have the same error.
  const own = new CodecellError(error.code, error.message, { cause: error, details: error.details })
  unconfirmed.add(own)
  return own
}

/** Returns whether an `exec` that failed can have put its cell on record. */
export function isUnconfirmedStart(error: unknown): boolean {
  return error instanceof CodecellError && unconfirmed.has(error)
}
