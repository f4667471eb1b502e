/**
 * Every code of an error of codecell. `docs/errors.md` has a heading for each; a test compares the two lists. A failed
 * program is not an error but an outcome with an `errorText`.
 */
export const errorCodes = [
  'APPROVAL_NOT_PENDING',
  'CALL_NOT_DEFERRED',
  'CALL_NOT_UNKNOWN',
  'CELL_BUSY',
  'CELL_NOT_FOUND',
  'CELL_RUNNING',
  'CELL_TERMINATING',
  'CONFIG_INVALID',
  'EXEC_INPUT_INVALID',
  'FRAME_TOO_LARGE',
  'HOST_START_FAILED',
  'INVALID_OPTION',
  'LIMIT_EXCEEDED',
  'LOGIN_FAILED',
  'NODE_UNSUPPORTED',
  'PACKAGE_MISSING',
  'PACKAGE_UNSUPPORTED',
  'PROTOCOL_VIOLATION',
  'SERVER_START_FAILED',
  'SESSION_CLOSED',
  'SESSION_EXISTS',
  'SESSION_INVALID',
  'SESSION_IN_USE',
  'SESSION_LOST',
  'SESSION_MOVED',
  'SESSION_NOT_FOUND',
  'STORAGE_FAILED',
  'STORE_UNREACHABLE',
  'TOOL_FAILED',
  'TOOL_OUTCOME_UNKNOWN',
  'TOOL_RESULT_UNREADABLE',
  'TRACE_INVALID',
  'TRACE_UNREADABLE',
  'WAIT_INPUT_INVALID',
] as const

export type CodecellErrorCode = (typeof errorCodes)[number]

type CellDetails = { readonly cellId: string }

/** The parts of an error response of a tool's server. A part that the server did not send is absent. */
export type ToolErrorDetails = {
  /** The status of an HTTP response. */
  readonly status?: number
  /** The time after which the server accepts requests again, in milliseconds. */
  readonly retryAfterMs?: number
  /** The code of a JSON-RPC error. */
  readonly rpcCode?: number
  /** The `data` of a JSON-RPC error. A value of more than 65,536 characters of JSON is the start of this JSON. */
  readonly data?: unknown
  /** The headers about rate limits of an HTTP API. `resetMs` is in milliseconds from the response on. */
  readonly rateLimit?: { readonly limit?: number; readonly remaining?: number; readonly resetMs?: number }
  /** The body of an HTTP API: JSON as its value, other text as a string of at most 2,000 characters. */
  readonly body?: unknown
  /** The members of problem details (RFC 9457). */
  readonly problem?: Readonly<Record<string, unknown>>
}

type PackageDetails = { readonly package: string; readonly versions: string }

/** The fields of errors, by code. Errors with other codes have none. */
export type ErrorDetails = {
  readonly APPROVAL_NOT_PENDING: { readonly key: string }
  readonly CALL_NOT_DEFERRED: { readonly key: string }
  readonly CALL_NOT_UNKNOWN: { readonly key: string }
  readonly CELL_BUSY: CellDetails
  readonly CELL_NOT_FOUND: CellDetails
  readonly CELL_RUNNING: CellDetails
  readonly CELL_TERMINATING: CellDetails
  /** `value` is there for strings, numbers, booleans and null only: other values may hold secrets. */
  readonly INVALID_OPTION: { readonly option: string; readonly value?: unknown; readonly expected?: string }
  /** `limit` is the name of the limit among the options; `max` and `observed` are in its unit. */
  readonly LIMIT_EXCEEDED: { readonly limit: string; readonly max: number; readonly observed: number }
  readonly PACKAGE_MISSING: PackageDetails
  readonly PACKAGE_UNSUPPORTED: PackageDetails
  /** The process that has a session of a shared store open: its node, and its `address`. */
  readonly SESSION_IN_USE: { readonly node: string; readonly url: string | null }
  readonly TOOL_FAILED: ToolErrorDetails
  readonly TOOL_OUTCOME_UNKNOWN: ToolErrorDetails
  readonly TOOL_RESULT_UNREADABLE: ToolErrorDetails
}

type DetailsOf<Code> = Code extends keyof ErrorDetails ? ErrorDetails[Code] : never

type CodecellErrorOptions<Code> = ErrorOptions & { readonly details?: DetailsOf<Code> }

/**
 * The error class of codecell. `code` is stable, `message` is for people, `cause` is the underlying error.
 *
 * @example
 * ```ts
 * try {
 *   await session.execute(source)
 * } catch (error) {
 *   if (!CodecellError.is(error, 'LIMIT_EXCEEDED')) throw error
 *   console.log(error.details?.limit)
 * }
 * ```
 */
export class CodecellError<Code extends CodecellErrorCode = CodecellErrorCode> extends Error {
  override readonly name = 'CodecellError'
  readonly code: Code
  /** The fields of the error, as {@link ErrorDetails} lists them by code; null where there are none. */
  readonly details: DetailsOf<Code> | null

  constructor(code: Code, message: string, options: CodecellErrorOptions<Code> = {}) {
    const { details = null, ...ofError } = options
    super(message, ofError)
    this.code = code
    this.details = details
  }

  /** Returns whether a thrown value is an error with this code. Never throws. */
  static is<Code extends CodecellErrorCode>(thrown: unknown, code: Code): thrown is CodecellError<Code> {
    return hasCode(thrown, code)
  }
}

/** Returns whether another process has taken over the session. */
export function isSessionLost(error: unknown): boolean {
  return error instanceof CodecellError && error.code === 'SESSION_LOST'
}

/** Returns the message of a thrown value, without its stack and other members; never throws. */
export function messageOf(thrown: unknown): string {
  try {
    const { name, message }: { readonly name?: unknown; readonly message?: unknown } =
      thrown instanceof Error ? thrown : {}
    if (message === '') return String(name)
    const isObject = typeof thrown === 'object' && thrown !== null
    return String(isObject && 'message' in thrown ? thrown.message : thrown)
  } catch {
    return 'an error without a message'
  }
}

/** Returns whether a thrown value is an instance of this class; never throws, even if foreign code decides. */
export function isThrown<type>(thrown: unknown, type: abstract new (...args: never[]) => type): thrown is type {
  try {
    return thrown instanceof type
  } catch {
    return false
  }
}

/** Whether something that was thrown is our error with this code; never throws. */
export function hasCode<Code extends CodecellErrorCode>(thrown: unknown, code: Code): thrown is CodecellError<Code> {
  try {
    return thrown instanceof CodecellError && thrown.code === code
  } catch {
    return false
  }
}
