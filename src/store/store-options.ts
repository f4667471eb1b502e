import { CodecellError } from '../errors.ts'
import { packageVersion } from '../installation/package-version.ts'
import { checkOptions, shownValue, type OptionNames } from '../options/check-options.ts'
import { checkTenant } from '../storage/logs/session-names.ts'

/** Options of a store. */
export type StoreOptions = {
  /**
   * The tenant whose sessions this store has. A store shows and changes nothing of other tenants.
   *
   * @default 'default'
   */
  readonly tenant?: string
  /**
   * The address of this process, which the error of another process names when a session is open here.
   *
   * @default none
   */
  readonly address?: string
  /**
   * Duration of the lease of this process, in milliseconds, 3,000 to 600,000. When a process ends without closing its sessions,
   * others can open them after this time.
   *
   * @default 10000
   */
  readonly leaseMs?: number
  /**
   * Receives what the operator of the store must know, such as a failover that lost records.
   *
   * @default a warning of the process
   */
  readonly onReport?: (text: string) => void
}

export const storeOptionNames: OptionNames<StoreOptions> = {
  tenant: 'any',
  address: 'any',
  leaseMs: 'any',
  onReport: 'function',
}

const minLeaseMs = 3000
const maxLeaseMs = 600_000
const defaultTenant = 'default'

type NodeOptions = {
  readonly url: string | null
  readonly build: string
  readonly leaseMs?: number
  readonly onReport?: (text: string) => void
}

/**
 * Checks the options of a store.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function parseStoreOptions<Options extends StoreOptions>(
  where: string,
  options: Options,
  names: OptionNames<Options>,
): { readonly tenant: string; readonly node: NodeOptions } {
  checkOptions(where, options, names)
  const { tenant = defaultTenant, address = null, leaseMs, onReport } = options
  if (typeof tenant !== 'string') throw invalid('tenant', tenant, 'a string')
  checkTenant(tenant)
  if (address !== null && typeof address !== 'string') throw invalid('address', address, 'a string')
  const isLease =
    leaseMs === undefined || (Number.isSafeInteger(leaseMs) && leaseMs >= minLeaseMs && leaseMs <= maxLeaseMs)
  if (!isLease) throw invalid('leaseMs', leaseMs, `an integer from ${minLeaseMs} to ${maxLeaseMs}`)
  return {
    tenant,
    node: {
      url: address,
      build: packageVersion,
      ...(leaseMs === undefined ? {} : { leaseMs }),
      ...(onReport === undefined ? {} : { onReport }),
    },
  }
}

/** Returns the error for a value of another type. Values can contain secrets only where `value` is omitted. */
export function invalid(option: string, value: unknown, expected: string): CodecellError {
  const text = `Cannot use ${shownValue(value)} as option "${option}" of a store: expected ${expected}`
  return new CodecellError('INVALID_OPTION', text, { details: { option, expected } })
}
