import { CodecellError } from '../../errors.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import type { HostPool, HostPoolOptions } from '../../session/api/host-pool.ts'
import { hostPoolOptionNames, outsidePool } from '../../session/api/option-names.ts'
import { callListener } from '../../session/common/call-listener.ts'
import { createPlacedPool } from '../../session/hosts/create-host-pool.ts'
import { isLoopback, parseHostPort } from '../link/addresses.ts'
import { checkCertificates } from '../link/certificates.ts'
import { isTenantName } from '../link/tenant.ts'
import type { NodeTls } from './dial.ts'
import { RemotePlacer } from './remote-placer.ts'

/** The options of `remoteHosts`: those of `createHostPool`, and the supervisors. */
export type RemoteHostsOptions = HostPoolOptions & {
  /**
   * The addresses of supervisors, as `HOST:PORT`. All addresses of a name are used. A function is called for each host that starts.
   */
  readonly addresses: readonly string[] | (() => Promise<readonly string[]> | readonly string[])
  /**
   * The certificates of this node, in PEM. A function is called for each host that starts, so that certificates can be renewed. Null
   * for plain TCP, to loopback addresses only.
   */
  readonly tls: NodeTls | null | (() => Promise<NodeTls> | NodeTls)
  /**
   * The tenant of the cells: 1 to 100 letters, digits, `_`, `.` and `-`. It must be one that the certificate names, if it names any.
   *
   * @default the tenant of the certificate, or `default`
   */
  readonly tenant?: string
  /** Called with the reason when no supervisor gives a host, with addresses, for the operator. */
  readonly onWarning?: (message: string) => void
}

const optionNames: OptionNames<RemoteHostsOptions> = {
  ...hostPoolOptionNames,
  addresses: 'any',
  tls: 'any',
  tenant: 'any',
  onWarning: 'function',
}

/**
 * Creates a pool of hosts on the machines of supervisors, which `codecell hosts` runs. The first session starts the hosts. The caller
 * disposes the pool.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown option, a value out of range, or certificates that cannot be used
 * @example
 * ```ts
 * await using hosts = remoteHosts({ addresses: ['hosts.internal:7700'], tls: { ca, cert, key }, max: 4 })
 * await using session = await createSession({ hosts })
 * ```
 */
export function remoteHosts(options: RemoteHostsOptions): HostPool {
  checkOptions('remoteHosts', options, optionNames, outsidePool)
  const { addresses, tls, tenant = '', onWarning, ...ofPool } = options
  const listed = typeof addresses === 'function' ? [] : checkAddresses(addresses)
  if (tls === null) checkPlain(listed)
  else if (typeof tls !== 'function') checkCertificates(tls)
  if (tenant !== '' && !isTenantName(tenant))
    throw invalid('tenant', tenant, '1 to 100 letters, digits, "_", "." and "-"')
  const placer = new RemotePlacer({
    addresses: typeof addresses === 'function' ? addresses : () => addresses,
    tls: typeof tls === 'function' ? tls : () => tls,
    tenant,
    onWarning: (message) => callListener('onWarning', () => onWarning?.(message)),
  })
  return createPlacedPool(placer, ofPool)
}

function checkAddresses(addresses: unknown): readonly string[] {
  if (!Array.isArray(addresses) || addresses.length === 0) {
    throw invalid('addresses', addresses, 'one or more addresses, or a function')
  }
  return addresses.map((address: unknown) => {
    if (typeof address !== 'string') throw invalid('addresses', address, 'addresses of the form HOST:PORT')
    parseHostPort(address, 'addresses')
    return address
  })
}

/** Checks that plain TCP stays on this machine. The addresses of names are checked when they are resolved. */
function checkPlain(addresses: readonly string[]): void {
  for (const address of addresses) {
    const { host } = parseHostPort(address, 'addresses')
    if (/^[\d.]+$|:/.test(host) && !isLoopback(host)) {
      throw invalid('tls', null, `certificates, as the address ${address} is not on this machine`)
    }
  }
}

function invalid(option: string, value: unknown, expected: string): CodecellError {
  return new CodecellError('INVALID_OPTION', `Cannot use option "${option}" of remoteHosts: expected ${expected}`, {
    details: { option, ...(typeof value === 'string' ? { value } : {}), expected },
  })
}
