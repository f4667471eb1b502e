import { CodecellError, messageOf } from '../../errors.ts'
import type { ApiError } from '../api.ts'

/** The next step for users, by the code of an error. */
const advice: Readonly<Record<string, string>> = {
  APPROVAL_NOT_PENDING: 'Load the pending calls again: this one was decided, has ended or has changed.',
  CALL_NOT_DEFERRED: 'Load the call again: it has a result, or its cell has ended.',
  CELL_NOT_FOUND: 'Load the list of cells again.',
  CELL_RUNNING: 'Terminate the cell, or wait until it ends.',
  LIMIT_EXCEEDED: 'Wait until the session has taken its requests, and try again.',
  SESSION_INVALID: 'Restore the session from a backup; docs/durability.md describes its files.',
  SESSION_IN_USE: 'The process that has the session open must do this.',
  SESSION_MOVED: 'Read it where it was moved to; docs/moving-sessions.md describes moves.',
  SESSION_NOT_FOUND: 'Check the folder or the store, and the tenant.',
  STORAGE_FAILED: 'Check the disk, and try again.',
  STORE_UNREACHABLE: 'Check the database. The console connects again by itself.',
}

/** Returns an error as the page shows it. An error without a code can have details of the machine in its message. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof CodecellError) {
    return { code: error.code, message: messageOf(error), advice: advice[error.code] ?? null }
  }
  return { code: 'INTERNAL', message: 'The server failed to handle the request', advice: 'Read the log of the server.' }
}
