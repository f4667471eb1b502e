/** Errors by which nothing was reached, so nothing can have happened there. */
const unreached: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Errors of connections that ended, and of answers that could not be read. */
const cut: ReadonlySet<unknown> = new Set([
  'ABORT_ERR',
  'ECONNABORTED',
  'ECONNRESET',
  'EPIPE',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_SESSION_ERROR',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ESOCKETTIMEDOUT',
  'ETIMEDOUT',
  'UND_ERR_ABORTED',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_RESPONSE',
  'UND_ERR_SOCKET',
])

const cutNames: ReadonlySet<unknown> = new Set(['AbortError', 'TimeoutError'])

/** How many errors that lie under one another are looked at. */
const maxDepth = 5

/**
 * Whether an HTTP status comes from something before the server, which does not say what the server did: a gateway that had no
 * answer (502, 503, 504, and those of content networks), or a request that took too long (408).
 */
export function isGatewayStatus(status: unknown): boolean {
  if (typeof status !== 'number') return false
  return status === 408 || (status >= 502 && status <= 504) || (status >= 520 && status <= 530) || status >= 598
}

/**
 * Whether an error of a call says that its answer did not arrive: the connection was cut, it took too long, a gateway answered, or
 * it was aborted. What was called may then have done its work. Looks at the causes of an error too. Never throws.
 */
export function leavesOutcomeUnknown(thrown: unknown): boolean {
  let error = thrown
  for (let depth = 0; depth < maxDepth && typeof error === 'object' && error !== null; depth++) {
    const code = memberOf(error, 'code')
    if (unreached.has(code)) return false
    if (cut.has(code) || cutNames.has(memberOf(error, 'name')) || isGateway(error)) return true
    const cause = memberOf(error, 'cause')
    if (cause === undefined && memberOf(error, 'message') === 'fetch failed') return true
    error = cause
  }
  return false
}

/** Whether an error says that nothing was reached. Looks at its causes too. Never throws. */
export function isUnreached(thrown: unknown): boolean {
  let error = thrown
  for (let depth = 0; depth < maxDepth && typeof error === 'object' && error !== null; depth++) {
    if (unreached.has(memberOf(error, 'code'))) return true
    error = memberOf(error, 'cause')
  }
  return false
}

/** Clients of HTTP put the status in one of these places. */
function isGateway(error: object): boolean {
  const response = memberOf(error, 'response')
  const places = [error, ...(typeof response === 'object' && response !== null ? [response] : [])]
  return places.some(
    (place) => isGatewayStatus(memberOf(place, 'status')) || isGatewayStatus(memberOf(place, 'statusCode')),
  )
}

function memberOf(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name)
  } catch {
    return undefined
  }
}
