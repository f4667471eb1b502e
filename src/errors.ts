/**
 * Every code of an error of codecell. `docs/errors.md` has a heading for each; a test compares the two lists. A failed
 * program is not an error but an outcome with an `errorText`.
 */
export const errorCodes = [
  'APPROVAL_NOT_PENDING',
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
  'NODE_UNSUPPORTED',
  'PACKAGE_MISSING',
  'PACKAGE_UNSUPPORTED',
  'PROTOCOL_VIOLATION',
  'SERVER_START_FAILED',
  'SESSION_CLOSED',
  'SESSION_INVALID',
  'SESSION_IN_USE',
  'SESSION_LOST',
  'SESSION_NOT_FOUND',
  'STORAGE_FAILED',
  'TOOL_FAILED',
  'TOOL_OUTCOME_UNKNOWN',
  'TRACE_INVALID',
  'TRACE_UNREADABLE',
  'WAIT_INPUT_INVALID',
] as const

export type CodecellErrorCode = (typeof errorCodes)[number]

/** The only error class of this package. `code` is stable, `message` is for humans, `cause` is the underlying error. */
export class CodecellError extends Error {
  override readonly name = 'CodecellError'
  readonly code: CodecellErrorCode

  constructor(code: CodecellErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
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

/** Returns whether a thrown value is a `CodecellError` with this code; never throws. */
export function hasCode(thrown: unknown, code: CodecellErrorCode): boolean {
  try {
    return thrown instanceof CodecellError && thrown.code === code
  } catch {
    return false
  }
}
