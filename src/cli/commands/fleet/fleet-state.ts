import type { FleetReport } from '../../../store.ts'
import type { SupervisorReport } from '../../../supervisor.ts'

/** The parts of a fleet, in the order in which they are shown. */
export const fleetParts = ['nodes', 'hosts', 'tenants', 'queues', 'engines'] as const

export type FleetPart = (typeof fleetParts)[number]

/** The content that a command has read: the report of a store, and those of supervisors; null for a part that is not requested. */
export type FleetState = {
  readonly store: FleetReport | null
  readonly supervisors: readonly SupervisorReport[] | null
}

/** Something that needs the attention of an operator. */
export type FleetProblem = { readonly part: FleetPart; readonly text: string }

/** Returns the nodes of a report, without the process of the command itself. */
export function otherNodes({ nodes }: FleetReport): FleetReport['nodes'] {
  return nodes.filter(({ isReader, sessions }) => !isReader || sessions > 0)
}

/** Returns the name of a supervisor for users. */
export function supervisorName({ name, address }: SupervisorReport): string {
  return address === null || address === name ? name : `${name} (${address})`
}
