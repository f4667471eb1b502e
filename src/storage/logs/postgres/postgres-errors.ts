import { CodecellError, messageOf } from '../../../errors.ts'
import { invalidStoreOption, storeUnreachable } from '../log-errors.ts'

/** The next step for errors of a server that no retry fixes, by their SQLSTATE. */
const remedies: Readonly<Record<string, string>> = {
  '28P01': 'check user and password of the URL',
  '28000': 'check the user of the URL, and pg_hba.conf of the server',
  '3D000': 'create the database, or correct the URL',
  '3F000': 'create the schema, or correct the URL',
  '42501': 'grant the user the missing rights',
  '08P01': 'check whether the URL names a PostgreSQL server',
}

/** Codes of certificates that are not accepted. */
const tlsCodes = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/**
 * Returns the error of an opening. Settings that no retry fixes are `INVALID_OPTION`, everything else is
 * `STORE_UNREACHABLE`.
 */
export function openingError(where: string, error: unknown): CodecellError {
  if (error instanceof CodecellError) return error
  const code = codeOf(error)
  const reason = reasonOf(error)
  const remedy = remedies[code] ?? remedyOfTls(code, reason)
  if (remedy === null) return reachError(where, error)
  return invalidStoreOption('url', `Cannot open the store ${where}: ${reason}; ${remedy}`, error)
}

/** Returns the error of a statement. Its effect is unknown, and it can be sent again. */
export function reachError(where: string, error: unknown): CodecellError {
  if (error instanceof CodecellError) return error
  const reason = reasonOf(error)
  return storeUnreachable(where, reason === messageOf(error) ? error : new Error(reason, { cause: error }))
}

/** Returns the SQLSTATE or the code of Node.js, or an empty string. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function remedyOfTls(code: string, reason: string): string | null {
  if (tlsCodes.has(code)) return 'add sslrootcert=<file of the authority> to the URL, or correct the host name'
  if (reason.includes('does not support SSL')) return 'remove sslmode from the URL, or enable TLS on the server'
  return code === 'ENOENT' && /cert|key|pem/.test(reason) ? 'correct the file names in the URL' : null
}

/** A host with several addresses fails with one error for each. */
function reasonOf(error: unknown): string {
  if (!(error instanceof AggregateError) || error.message !== '') return messageOf(error)
  return error.errors.map((each: unknown) => messageOf(each)).join('; ')
}
