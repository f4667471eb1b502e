import type { FleetReport } from '../../storage/logs/fleet-report.ts'
import type { NodeItem, NodesReport } from '../api.ts'

export function nodeItemsOf({ nodes }: FleetReport): readonly NodeItem[] {
  return nodes.map(({ node, address, build, isAlive, isDraining, isReader, leaseUntil, aliveSince, sessions }) => ({
    node,
    address,
    build,
    isAlive,
    isDraining,
    isReader,
    leaseUntil,
    aliveSince,
    sessions,
  }))
}

/** Returns the report about the nodes of a store, for one tenant. */
export function nodesReportOf(report: FleetReport, tenant: string | null): NodesReport {
  const queue = report.queues.find((each) => each.tenant === tenant)
  return {
    at: report.at,
    nodes: nodeItemsOf(report),
    queue: {
      due: queue?.due ?? 0,
      dueSince: queue?.dueSince ?? null,
      abandoned: queue?.abandoned ?? 0,
      abandonedSince: queue?.abandonedSince ?? null,
      waiting: queue?.waiting ?? 0,
      nextDueAt: queue?.nextDueAt ?? null,
      inbox: queue?.inbox ?? 0,
      parkedSessions: queue?.parkedSessions ?? [],
      needs: (queue?.needs ?? []).map(({ capability }) => capability),
    },
  }
}
