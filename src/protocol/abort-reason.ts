/**
 * What a signal is aborted with. Errors hold the objects of the functions on their stack until somebody reads it, and whoever has a
 * signal holds its reason: so this one has no stack.
 */
export function abortReason(message: string, name: 'AbortError' | 'TimeoutError' = 'AbortError'): DOMException {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return new DOMException(message, name)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
