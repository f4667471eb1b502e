import { oldestProtocolVersion, protocolVersion } from '../../protocol/message.ts'
import { localeOf, timeZoneOf } from '../../session/hosts/process/region.ts'
import { helloVersionsOf, parseFromNode, type Hello } from '../link/link-message.ts'
import { defaultTenant, isTenantName } from '../link/tenant.ts'
import { messageOf } from '../../errors.ts'
import type { HostCommandOptions } from '../../session/hosts/process/host-command.ts'
import type { BuildNeeds } from './host-builds.ts'

/** The host that a node needs, and the tenant that it belongs to. */
export type AcceptedHello = {
  readonly needs: HostCommandOptions
  readonly tenant: string
  readonly build: BuildNeeds
}

export type HelloLimits = {
  /** Maximum memory limit of a cell, in MiB. */
  readonly memoryMb: number
  readonly strictOnly: boolean
}

const minMemoryMb = 32

/**
 * Checks the first message of a node. `tenants` are those that its certificate names.
 *
 * @throws when it is refused. The message of the error is the reason, and is sent to the node.
 */
export function acceptHello(message: unknown, tenants: readonly string[], limits: HelloLimits): AcceptedHello {
  const versions = helloVersionsOf(message)
  if (versions === null) throw new Error('expected the message "hello" first')
  checkVersions(versions)
  const hello = parseFromNode(message)
  if (hello.type !== 'hello') throw new Error('expected the message "hello" first')
  const tenant = tenantOf(hello.tenant, tenants)
  const { print, oldest, protocol, profile, memoryMb, timeZone, locale } = hello
  if (limits.strictOnly && profile !== 'strict') throw new Error('expected the profile "strict", got "default"')
  if (memoryMb < minMemoryMb || memoryMb > limits.memoryMb) {
    throw new Error(`expected a memory limit of cells from ${minMemoryMb} to ${limits.memoryMb} MB, got ${memoryMb}`)
  }
  const build = { print, profile, oldest, protocol }
  return { tenant, needs: { profile, memoryMb, ...regionOf(timeZone, locale) }, build }
}

/** Checks that both ends support one version. */
function checkVersions({ protocol, oldest }: Pick<Hello, 'protocol' | 'oldest'>): void {
  if (protocol >= oldestProtocolVersion && oldest <= protocolVersion) return
  const supported = `${oldestProtocolVersion} to ${protocolVersion}`
  const given = oldest === protocol ? `${protocol}` : `${oldest} to ${protocol}`
  throw new Error(
    `expected a protocol version from ${supported}, got ${given}; install versions of codecell that are at most one protocol version apart`,
  )
}

function tenantOf(given: string, named: readonly string[]): string {
  if (given !== '' && !isTenantName(given)) {
    throw new Error('expected a tenant name of 1 to 100 letters, digits, "_", "." and "-"')
  }
  const [only, ...more] = named
  if (only === undefined) return given === '' ? defaultTenant : given
  if (given === '' && more.length === 0) return only
  if (named.includes(given)) return given
  const expected = named.map((tenant) => `"${tenant}"`).join(' or ')
  throw new Error(`expected the tenant ${expected} of the certificate, got "${given}"`)
}

/** The names reach the environment of the process, so they must be known to this engine. */
function regionOf(timeZone: string, locale: string): Pick<HostCommandOptions, 'timeZone' | 'locale'> {
  try {
    return { timeZone: timeZoneOf(timeZone), locale: localeOf(locale) }
  } catch (cause) {
    throw new Error(messageOf(cause), { cause })
  }
}
