import { protocolVersion } from '../../protocol/message.ts'
import { localeOf, timeZoneOf } from '../../session/hosts/region.ts'
import { engineVersions, engineVersionsText } from '../link/engine-versions.ts'
import { helloVersionOf, parseFromNode, type Hello } from '../link/link-message.ts'
import { defaultTenant, isTenantName } from '../link/tenant.ts'
import { messageOf } from '../../errors.ts'
import type { HostNeeds } from '../../session/hosts/host-placer.ts'

/** The host that a node needs, and the tenant that it belongs to. */
export type AcceptedHello = { readonly needs: HostNeeds; readonly tenant: string }

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
  const version = helloVersionOf(message)
  if (version === null) throw new Error('expected the message "hello" first')
  if (version !== protocolVersion) {
    throw new Error(
      `expected protocol version ${protocolVersion}, got ${version}; install the same codecell on both machines`,
    )
  }
  const hello = parseFromNode(message)
  if (hello.type !== 'hello') throw new Error('expected the message "hello" first')
  checkEngine(hello)
  const tenant = tenantOf(hello.tenant, tenants)
  const { profile, memoryMb, timeZone, locale } = hello
  if (limits.strictOnly && profile !== 'strict') throw new Error('expected the profile "strict", got "default"')
  if (memoryMb < minMemoryMb || memoryMb > limits.memoryMb) {
    throw new Error(`expected a memory limit of cells from ${minMemoryMb} to ${limits.memoryMb} MB, got ${memoryMb}`)
  }
  return { tenant, needs: { profile, memoryMb, ...regionOf(timeZone, locale) } }
}

function checkEngine({ engine }: Hello): void {
  const [own, given] = [engineVersionsText(engineVersions()), engineVersionsText(engine)]
  if (own !== given) throw new Error(`expected the engine ${own}; got ${given}`)
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
function regionOf(timeZone: string, locale: string): Pick<HostNeeds, 'timeZone' | 'locale'> {
  try {
    return { timeZone: timeZoneOf(timeZone), locale: localeOf(locale) }
  } catch (cause) {
    throw new Error(messageOf(cause), { cause })
  }
}
