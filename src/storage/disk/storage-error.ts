import { CodecellError, messageOf } from '../../errors.ts'

/** Something in the folder of a session cannot be written. */
export function storageFailed(path: string, cause: unknown): CodecellError {
  if (cause instanceof CodecellError) return cause
  return new CodecellError('STORAGE_FAILED', `Cannot write "${path}": ${messageOf(cause)}`, { cause })
}

/** Something in the folder of a session is not what it has to be. */
export function sessionInvalid(path: string, what: string, cause?: unknown): CodecellError {
  return new CodecellError(
    'SESSION_INVALID',
    `Cannot use "${path}": ${what}`,
    cause === undefined ? undefined : { cause },
  )
}

/** Another process, which may stand still, is in the middle of writing the session. */
export function sessionInUse(path: string, cause: unknown): CodecellError {
  return new CodecellError(
    'SESSION_IN_USE',
    `Cannot open the session at "${path}": another process is writing it, and does not come to an end`,
    { cause },
  )
}

/** Another opening has taken over the session that `path` belongs to. */
export function sessionLost(path: string): CodecellError {
  return new CodecellError(
    'SESSION_LOST',
    `Cannot continue the session at "${path}": another process has opened it since, or its files were moved or replaced; open the session again`,
  )
}
