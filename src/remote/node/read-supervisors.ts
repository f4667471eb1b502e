import { messageOf } from '../../errors.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { hostPortText, isLoopback, parseHostPort, resolveAddress, type ResolvedAddress } from '../link/addresses.ts'
import { checkCertificates } from '../link/certificates.ts'
import type { SupervisorStatus } from '../link/status-message.ts'
import { askForStatus, type NodeTls } from './dial.ts'
import { checkLinkOptions, type LinkOptions } from './link-options.ts'

/** The state of a supervisor, or the reason why it is unknown. */
export type SupervisorReport =
  | ({
      readonly type: 'supervisor'
      /** The IP address and port. */
      readonly address: string
      /** The address as the caller wrote it. */
      readonly name: string
    } & SupervisorStatus)
  | {
      /** `unreachable`: a later attempt can succeed. `misconfigured`: only an operator can help. */
      readonly type: 'unreachable' | 'misconfigured'
      /** The IP address and port; null when the name has none. */
      readonly address: string | null
      readonly name: string
      readonly reason: string
    }

const optionNames: OptionNames<LinkOptions> = { addresses: 'any', tls: 'any' }

/**
 * Asks supervisors for their state: slots, tenants, versions, and whether they drain. No host is started and no slot is used. All
 * addresses of a name are asked, at the same time. A certificate that names tenants sees the slots of these tenants only.
 *
 * @returns reports in the order of the addresses
 * @throws {CodecellError} `INVALID_OPTION` for an unknown option, a malformed address, or certificates that cannot be used
 * @example
 * ```ts
 * const reports = await readSupervisors({ addresses: ['hosts.internal:7700'], tls: { cert, key, ca } })
 * ```
 */
export async function readSupervisors(options: LinkOptions): Promise<readonly SupervisorReport[]> {
  checkOptions('readSupervisors', options, optionNames)
  checkLinkOptions('readSupervisors', options)
  const addresses = typeof options.addresses === 'function' ? await options.addresses() : options.addresses
  const tls = typeof options.tls === 'function' ? await options.tls() : options.tls
  if (tls !== null) checkCertificates(tls)
  const parsed = addresses.map((name) => ({ name, target: parseHostPort(name, 'addresses') }))
  const reports = parsed.map(async ({ name, target }): Promise<readonly SupervisorReport[]> => {
    let found: readonly ResolvedAddress[]
    try {
      found = await resolveAddress(target)
    } catch (error) {
      return [{ type: 'unreachable', address: null, name, reason: messageOf(error) }]
    }
    return await Promise.all(found.map((address) => reportOf(name, address, tls)))
  })
  return (await Promise.all(reports)).flat()
}

async function reportOf(name: string, resolved: ResolvedAddress, tls: NodeTls | null): Promise<SupervisorReport> {
  const address = hostPortText(resolved.ip, resolved.port)
  if (tls === null && !isLoopback(resolved.ip)) {
    return { type: 'misconfigured', address, name, reason: 'without TLS, expected a loopback address' }
  }
  const found = await askForStatus(resolved, { tls, signal: new AbortController().signal })
  if (found.type === 'status') return { ...found, type: 'supervisor', address, name }
  const { type, reason } = found
  return { type: type === 'misconfigured' ? type : 'unreachable', address, name, reason }
}
