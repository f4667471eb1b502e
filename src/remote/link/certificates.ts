import { createSecureContext } from 'node:tls'
import { CodecellError, messageOf } from '../../errors.ts'

/** Certificates of one end of a link, in PEM. */
export type LinkTls = {
  /** The certificate of this end, and the intermediate ones. */
  readonly cert: string | Buffer
  readonly key: string | Buffer
  /** The authorities that sign the certificates of the other end. */
  readonly ca: string | Buffer
}

/**
 * Checks certificates.
 *
 * @throws {CodecellError} `INVALID_OPTION` when they are malformed or do not belong together
 */
export function checkCertificates(tls: LinkTls): void {
  // Callers in JavaScript can pass any value.
  if (typeof tls !== 'object' || tls === null) throw invalid('tls', 'expected an object with cert, key and ca', null)
  for (const part of ['cert', 'key', 'ca'] as const) {
    const value: unknown = tls[part]
    if (typeof value === 'string' || Buffer.isBuffer(value)) continue
    throw invalid(`tls.${part}`, 'expected a string or a buffer in PEM', null)
  }
  const { cert, key, ca } = tls
  try {
    createSecureContext({ cert, key, ca })
  } catch (cause) {
    throw invalid('tls', messageOf(cause), cause)
  }
}

function invalid(option: string, reason: string, cause: unknown): CodecellError {
  return new CodecellError('INVALID_OPTION', `Cannot use the certificates of option "${option}": ${reason}`, {
    cause,
    details: { option, expected: 'certificates and a key in PEM that belong together' },
  })
}

const untrusted = 'it is not signed by a trusted authority'

/** Reasons why a certificate is not valid, by code of OpenSSL and Node. */
const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host name',
  INVALID_PURPOSE: 'it is for another purpose',
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
}

/** Whether an error code is about the certificate of the other end. */
export function isCertificateError(code: string): boolean {
  return Object.hasOwn(reasons, code)
}

/** Returns the reason why a certificate is not valid. */
export function certificateErrorText(code: string): string {
  const reason = reasons[code]
  return reason === undefined ? code : `${reason} (${code})`
}
