import { CodecellError, messageOf } from '../../errors.ts'
import type { SessionName } from './session-logs.ts'

/** Returns the error for a store that does not respond. The same call can be made again. */
export function storeUnreachable(where: string, cause: unknown): CodecellError {
  if (cause instanceof CodecellError) return cause
  return new CodecellError('STORE_UNREACHABLE', `Cannot reach the store ${where}: ${messageOf(cause)}`, { cause })
}

export function storeClosed(where: string): CodecellError {
  return new CodecellError('STORE_UNREACHABLE', `Cannot use the store ${where}: this process has closed it`)
}

/** Returns the error for a log or a blob that does not have the expected content. */
export function logInvalid(name: SessionName, reason: string, cause?: unknown): CodecellError {
  const options = cause === undefined ? {} : { cause }
  return new CodecellError('SESSION_INVALID', `Cannot read session "${textOf(name)}": ${reason}`, options)
}

export function sessionNotFound(name: SessionName, where: string): CodecellError {
  return new CodecellError(
    'SESSION_NOT_FOUND',
    `Cannot find session "${textOf(name)}": not found in the store ${where}`,
  )
}

export function invalidStoreOption(option: string, message: string, cause?: unknown): CodecellError {
  return new CodecellError('INVALID_OPTION', message, {
    ...(cause === undefined ? {} : { cause }),
    details: { option },
  })
}

type Excess = { readonly limit: string; readonly max: number; readonly observed: number }

/** Returns the error for a value above a limit of the store. `action` completes "Cannot …". */
export function limitExceeded(action: string, unit: string, { limit, max, observed }: Excess): CodecellError {
  return new CodecellError('LIMIT_EXCEEDED', `Cannot ${action}: expected at most ${max} ${unit}, got ${observed}`, {
    details: { limit, max, observed },
  })
}

/** Returns a session of a store in words. */
export function sessionText(name: SessionName): string {
  return `session "${textOf(name)}" of the store`
}

export function textOf({ tenant, id }: SessionName): string {
  return `${tenant}/${id}`
}
