import { CodecellError } from '../../errors.ts'
import { isLoopback, parseHostPort } from '../link/addresses.ts'
import { checkCertificates } from '../link/certificates.ts'
import type { NodeTls } from './dial.ts'

/** The supervisors of a fleet, and the certificates of this node. */
export type LinkOptions = {
  /**
   * The addresses of supervisors, as `HOST:PORT`. All addresses of a name are used. A function is called for each host that starts.
   */
  readonly addresses: readonly string[] | (() => Promise<readonly string[]> | readonly string[])
  /**
   * The certificates of this node, in PEM. A function is called for each host that starts, so that certificates can be renewed. Null
   * for plain TCP, to loopback addresses only.
   */
  readonly tls: NodeTls | null | (() => Promise<NodeTls> | NodeTls)
}

/**
 * Checks the options of links that are not functions.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function checkLinkOptions(where: string, { addresses, tls }: LinkOptions): void {
  const listed = typeof addresses === 'function' ? [] : checkAddresses(where, addresses)
  if (tls === null) checkPlain(where, listed)
  else if (typeof tls !== 'function') checkCertificates(tls)
}

function checkAddresses(where: string, addresses: unknown): readonly string[] {
  const given = { option: 'addresses', value: addresses }
  if (!Array.isArray(addresses) || addresses.length === 0) {
    throw invalidLinkOption(where, given, 'one or more addresses, or a function')
  }
  return addresses.map((address: unknown) => {
    if (typeof address !== 'string') throw invalidLinkOption(where, given, 'addresses of the form HOST:PORT')
    parseHostPort(address, 'addresses')
    return address
  })
}

/** Checks that plain TCP stays on this machine. The addresses of names are checked when they are resolved. */
function checkPlain(where: string, addresses: readonly string[]): void {
  for (const address of addresses) {
    const { host } = parseHostPort(address, 'addresses')
    if (/^[\d.]+$|:/.test(host) && !isLoopback(host)) {
      const expected = `certificates, as the address ${address} is not on this machine`
      throw invalidLinkOption(where, { option: 'tls', value: null }, expected)
    }
  }
}

/** Returns the error for an option of links. */
export function invalidLinkOption(
  where: string,
  { option, value }: { readonly option: string; readonly value: unknown },
  expected: string,
): CodecellError {
  return new CodecellError('INVALID_OPTION', `Cannot use option "${option}" of ${where}: expected ${expected}`, {
    details: { option, ...(typeof value === 'string' ? { value } : {}), expected },
  })
}
