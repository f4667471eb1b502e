/** Codes of errors before a connection: the server did nothing. */
const unreached: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  // The certificate of the server was refused.
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'HOSTNAME_MISMATCH',
])

/** Codes of errors of a TLS handshake, which a request follows. Other errors of TLS can end a connection at any time. */
const handshakeCode =
  /^(?:CERT_|ERR_TLS_CERT|ERR_TLS_HANDSHAKE|ERR_SSL_.*(?:VERSION|PROTOCOL|HANDSHAKE|CERTIFICATE|UNKNOWN_CA|UNRECOGNIZED_NAME|NO_CIPHER|NO_SHARED|PACKET_LENGTH))/

/** System calls before a connection. Their errors have codes that a lost connection has too. */
const connecting: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo'])

/** Messages of errors before a connection that have no code. */
const unreachedMessages: ReadonlySet<unknown> = new Set([
  'Client network socket disconnected before secure TLS connection was established',
  // `fetch` connects to no port of another protocol.
  'bad port',
])

/** Codes of errors of a lost connection or an unreadable response. */
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

/** Maximum number of nested causes that are examined. */
const maxDepth = 5

/**
 * Returns whether an HTTP status comes from an intermediary, which does not show what the server did: a gateway without
 * a response (502, 503, 504, and those of content networks), or a timeout (408).
 */
export function isGatewayStatus(status: unknown): boolean {
  if (typeof status !== 'number') return false
  return status === 408 || (status >= 502 && status <= 504) || (status >= 520 && status <= 530) || status >= 598
}

/**
 * Returns whether an error means that the response of a call did not arrive: the connection was lost, the call timed
 * out or was aborted, or a gateway responded. The callee may have done its work. Examines causes as well. Never throws.
 */
export function leavesOutcomeUnknown(thrown: unknown): boolean {
  let error = thrown
  for (let depth = 0; depth < maxDepth && typeof error === 'object' && error !== null; depth++) {
    const code = memberOf(error, 'code')
    if (isBeforeConnection(error)) return false
    if (isCut(code) || cutNames.has(memberOf(error, 'name')) || isGateway(error)) return true
    const cause = memberOf(error, 'cause')
    if (cause === undefined && memberOf(error, 'message') === 'fetch failed') return true
    error = cause
  }
  return false
}

/** Returns whether an error means that the callee was not reached. Examines causes as well. Never throws. */
export function isUnreached(thrown: unknown): boolean {
  let error = thrown
  for (let depth = 0; depth < maxDepth && typeof error === 'object' && error !== null; depth++) {
    if (isBeforeConnection(error)) return true
    error = memberOf(error, 'cause')
  }
  return false
}

function isCut(code: unknown): boolean {
  return cut.has(code) || (typeof code === 'string' && code.startsWith('ERR_SSL_'))
}

function isBeforeConnection(error: object): boolean {
  const code = memberOf(error, 'code')
  if (unreached.has(code) || (typeof code === 'string' && handshakeCode.test(code))) return true
  if (connecting.has(memberOf(error, 'syscall')) || unreachedMessages.has(memberOf(error, 'message'))) return true
  // An attempt for each address of a name.
  const attempts = memberOf(error, 'errors')
  if (!Array.isArray(attempts) || attempts.length === 0) return false
  return attempts.every(
    (attempt: unknown) =>
      typeof attempt === 'object' && attempt !== null && connecting.has(memberOf(attempt, 'syscall')),
  )
}

/** HTTP clients put the status in one of these objects. */
function isGateway(error: object): boolean {
  const response = memberOf(error, 'response')
  const holders = [error, ...(typeof response === 'object' && response !== null ? [response] : [])]
  return holders.some(
    (holder) => isGatewayStatus(memberOf(holder, 'status')) || isGatewayStatus(memberOf(holder, 'statusCode')),
  )
}

function memberOf(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name)
  } catch {
    return undefined
  }
}
