import { CodecellError, isThrown } from '../../../errors.ts'

/**
 * The format of the records of a session log. A new type of record, or a new meaning, is a new format; a new optional member is not.
 * Format 2 has the records `engine`, `snapshot_key` and `snapshot`.
 */
export const recordFormat = 2

const newerErrors = new WeakSet<CodecellError>()

/** Returns the error for a log that a newer version of codecell has written. */
export function newerRecord(type: string): CodecellError {
  const shown = JSON.stringify(type.slice(0, 40))
  const known = `this version of codecell supports records up to format ${recordFormat}`
  const reason = `it has the unknown record ${shown} of a newer format, and ${known}; use a newer version`
  const error = new CodecellError('SESSION_INVALID', `Cannot read the log of the session: ${reason}`)
  newerErrors.add(error)
  return error
}

/** Returns whether a newer version of codecell can read the log. */
export function isNewerFormat(error: unknown): boolean {
  return isThrown(error, CodecellError) && newerErrors.has(error)
}
