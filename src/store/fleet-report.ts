import { checkOptions, type OptionNames } from '../options/check-options.ts'
import type { FleetReport } from '../storage/logs/fleet-report.ts'
import { LogStore, type SharedStore } from '../storage/shared/shared-store.ts'
import { invalid } from './store-options.ts'

/** Options of a report. */
export type FleetReportOptions = {
  /**
   * The tenant whose sessions are counted, as for a report that a tenant may see.
   *
   * @default all tenants of the store, whatever the tenant of `store` is
   */
  readonly tenant?: string
}

const optionNames: OptionNames<FleetReportOptions> = { tenant: 'any' }

/**
 * Returns a report about all processes and sessions of a store, for operators: nodes, tenants, queues, and the engines of running cells.
 * It opens no session, and reads no program, value or input.
 *
 * @throws {CodecellError} `STORE_UNREACHABLE`, `INVALID_OPTION` for another object or an invalid tenant
 * @example
 * ```ts
 * const { nodes, queues } = await fleetReport(store)
 * console.log(nodes.length, queues.reduce((sum, { due }) => sum + due, 0))
 * ```
 */
export async function fleetReport(store: SharedStore, options: FleetReportOptions = {}): Promise<FleetReport> {
  checkOptions('fleetReport', options, optionNames)
  const { tenant = null } = options
  if (tenant !== null && typeof tenant !== 'string') throw invalid('tenant', tenant, 'a string')
  const logs = await LogStore.logsOf(store)
  return await logs.fleet(tenant)
}
