import { CodecellError, messageOf } from '../../../errors.ts'

/** Returns the error for a failed write in the directory of a session. */
export function storageFailed(path: string, cause: unknown): CodecellError {
  if (cause instanceof CodecellError) return cause
  return new CodecellError('STORAGE_FAILED', `Cannot write "${path}": ${messageOf(cause)}`, { cause })
}

/** Returns the error for an invalid file in the directory of a session. */
export function sessionInvalid(path: string, what: string, cause?: unknown): CodecellError {
  return new CodecellError(
    'SESSION_INVALID',
    `Cannot use "${path}": ${what}`,
    cause === undefined ? undefined : { cause },
  )
}

/** Returns the error for a session that another process is writing, even if that process is suspended. */
export function sessionInUse(path: string, cause: unknown): CodecellError {
  return new CodecellError(
    'SESSION_IN_USE',
    `Cannot open the session at "${path}": another process holds the write lock`,
    { cause },
  )
}

/** Returns the error for a session that another opening has taken over. */
export function sessionLost(path: string): CodecellError {
  return new CodecellError(
    'SESSION_LOST',
    `Cannot continue the session at "${path}": another process has opened it since, or its files were moved or replaced; open the session again`,
  )
}
