/**
 * Every code an error of codecell can carry. `docs/errors.md` has a heading for each; a test compares the two lists.
 * A failing script is not an error of ours: it is an outcome with an `errorText`.
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

/** The one error class of this package. `code` is stable, `message` is for people, `cause` is what lay underneath. */
export class CodecellError extends Error {
  override readonly name = 'CodecellError'
  readonly code: CodecellErrorCode

  constructor(code: CodecellErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Whether another process has taken over the session that something was about to happen in. */
export function isSessionLost(error: unknown): boolean {
  return error instanceof CodecellError && error.code === 'SESSION_LOST'
}

/** The message of anything that was thrown, without its stack and whatever else hangs on it; never throws. */
export function messageOf(thrown: unknown): string {
  try {
    const { name, message }: { readonly name?: unknown; readonly message?: unknown } =
      thrown instanceof Error ? thrown : {}
    if (message === '') return String(name)
    const isObject = typeof thrown === 'object' && thrown !== null
    return String(isObject && 'message' in thrown ? thrown.message : thrown)
  } catch {
    return 'an error without a text'
  }
}

/** Whether something that was thrown is an error of this class; never throws, also where the code of others says what it is. */
export function isThrown<type>(thrown: unknown, type: abstract new (...args: never[]) => type): thrown is type {
  try {
    return thrown instanceof type
  } catch {
    return false
  }
}

/** Whether something that was thrown is our error with this code; never throws. */
export function hasCode(thrown: unknown, code: CodecellErrorCode): boolean {
  try {
    return thrown instanceof CodecellError && thrown.code === code
  } catch {
    return false
  }
}
