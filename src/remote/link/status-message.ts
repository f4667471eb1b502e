import { isRecord } from '../../protocol/json.ts'
import { MessageReader, violation } from '../../protocol/message-reader.ts'
import { parseEngineVersions, type EngineVersions } from './engine-versions.ts'

/** The state of a supervisor, which it sends to a node that asks for it instead of a host. */
export type SupervisorStatus = {
  /** The version of codecell. */
  readonly version: string
  /** Whether it takes no new hosts. */
  readonly isDraining: boolean
  /** Slots: one for each host process. */
  readonly slots: number
  readonly used: number
  /** Maximum number of slots of one tenant. */
  readonly tenantSlots: number
  /** Tenants with hosts, those with the most first; only tenants that the certificate of the node names, if it names any. */
  readonly tenants: readonly TenantUse[]
  /** The number of further tenants with hosts. */
  readonly moreTenants: number
  /** The engines of the hosts that it starts. */
  readonly engines: readonly EngineVersions[]
  /** Whether hosts must have the strict profile. */
  readonly strictOnly: boolean
  /** Maximum memory limit of a cell, in MiB. */
  readonly memoryMb: number
}

export type TenantUse = { readonly tenant: string; readonly used: number }

/** Parses an untrusted status. Throws `PROTOCOL_VIOLATION`. Unknown fields are dropped, so a newer supervisor can be asked. */
export function parseStatus(value: unknown): SupervisorStatus {
  const read = new MessageReader(value)
  return {
    version: read.string('version'),
    isDraining: read.boolean('isDraining'),
    slots: read.count('slots'),
    used: read.count('used'),
    tenantSlots: read.count('tenantSlots'),
    tenants: listOf(value, 'tenants').map((each) => {
      const tenant = new MessageReader(each)
      return { tenant: tenant.string('tenant'), used: tenant.count('used') }
    }),
    moreTenants: read.count('moreTenants'),
    engines: listOf(value, 'engines').map(parseEngineVersions),
    strictOnly: read.boolean('strictOnly'),
    memoryMb: read.count('memoryMb'),
  }
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list: unknown = isRecord(value) ? value[name] : undefined
  if (!Array.isArray(list)) throw violation(`"${name}" is not an array`)
  return list
}
