import type { FleetReport } from '../../../store.ts'
import type { SupervisorReport } from '../../../supervisor.ts'
import { otherNodes, type FleetPart, type FleetProblem, type FleetState } from './fleet-state.ts'

/** Returns one line for each member of the parts, then one for each problem. */
export function fleetJson(
  { store, supervisors }: FleetState,
  parts: readonly FleetPart[],
  problems: readonly FleetProblem[],
): readonly string[] {
  const members = parts.flatMap((part) => {
    if (part === 'hosts') return (supervisors ?? []).map(hostJson)
    return store === null ? [] : membersOf[part](store)
  })
  return [...members, ...problems.map((problem) => ({ type: 'problem', ...problem }))].map((each) =>
    JSON.stringify(each),
  )
}

const membersOf: Readonly<Record<Exclude<FleetPart, 'hosts'>, (report: FleetReport) => readonly object[]>> = {
  nodes: (report) =>
    otherNodes(report).map(({ node, address, build, isAlive, isDraining, leaseUntil, aliveSince, sessions }) => ({
      type: 'node',
      node,
      address,
      version: build,
      alive: isAlive,
      draining: isDraining,
      lease_until: leaseUntil,
      alive_since: aliveSince,
      sessions,
    })),
  tenants: ({ tenants }) =>
    tenants.map(({ tenant, sessions, openSessions, cells, approvals, oldestApprovalAt }) => ({
      type: 'tenant',
      tenant,
      sessions,
      open_sessions: openSessions,
      cells,
      approvals,
      oldest_approval_at: oldestApprovalAt,
    })),
  queues: ({ at, queues }) =>
    queues.map((queue) => ({
      type: 'queue',
      tenant: queue.tenant,
      due: queue.due,
      due_since: queue.dueSince,
      overdue_ms: queue.dueSince === null ? null : at - queue.dueSince,
      abandoned: queue.abandoned,
      abandoned_since: queue.abandonedSince,
      needs: queue.needs,
      waiting: queue.waiting,
      next_due_at: queue.nextDueAt,
      inbox: queue.inbox,
      oldest_inbox_at: queue.oldestInboxAt,
      parked: queue.parked,
      parked_sessions: queue.parkedSessions,
    })),
  engines: ({ engines }) => engines.map((engine) => ({ type: 'engine', ...engine })),
}

function hostJson(report: SupervisorReport): object {
  const { name, address } = report
  if (report.type !== 'supervisor') return { type: 'host', name, address, state: report.type, reason: report.reason }
  const { version, isDraining, slots, used, tenantSlots, tenants, moreTenants, engines, strictOnly, memoryMb } = report
  return {
    type: 'host',
    name,
    address,
    state: isDraining ? 'draining' : 'ready',
    version,
    slots,
    used,
    free: slots - used,
    tenant_slots: tenantSlots,
    tenants,
    more_tenants: moreTenants,
    engines: engines.map(({ isolatedVm: isolated_vm, ...engine }) => ({ ...engine, isolated_vm })),
    strict_only: strictOnly,
    memory_mb: memoryMb,
  }
}
