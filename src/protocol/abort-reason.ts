/**
 * Returns the reason that a signal is aborted with. It has no stack: an error keeps the objects of the functions on its
 * stack alive until its stack is read, and every owner of the signal keeps the reason alive.
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
