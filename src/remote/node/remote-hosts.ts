import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import type { HostPool, HostPoolOptions } from '../../session/api/host-pool.ts'
import { hostPoolOptionNames, outsidePool } from '../../session/api/option-names.ts'
import { callListener } from '../../session/common/call-listener.ts'
import { createPlacedPool } from '../../session/hosts/create-host-pool.ts'
import { isTenantName } from '../link/tenant.ts'
import { checkLinkOptions, invalidLinkOption, type LinkOptions } from './link-options.ts'
import { RemotePlacer } from './remote-placer.ts'

/** The options of `remoteHosts`: those of `createHostPool`, and the supervisors. */
export type RemoteHostsOptions = HostPoolOptions &
  LinkOptions & {
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
  checkLinkOptions('remoteHosts', options)
  if (tenant !== '' && !isTenantName(tenant))
    throw invalidLinkOption(
      'remoteHosts',
      { option: 'tenant', value: tenant },
      '1 to 100 letters, digits, "_", "." and "-"',
    )
  const placer = new RemotePlacer({
    addresses: typeof addresses === 'function' ? addresses : () => addresses,
    tls: typeof tls === 'function' ? tls : () => tls,
    tenant,
    onWarning: (message) => callListener('onWarning', () => onWarning?.(message)),
  })
  return createPlacedPool(placer, ofPool)
}
