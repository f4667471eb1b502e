import type {
  EngineSums,
  FleetDatabase,
  NeedSums,
  SessionSums,
  StoredNode,
  TenantSums,
  WaitingSums,
} from '../fleet-database.ts'
import type { FleetEngine, FleetNode, FleetQueue, FleetReport, FleetTenant } from '../fleet-report.ts'

/** The number of sessions that one statement adds up, so that it takes less time than a statement may. */
const pageSize = 2000
const maxParkedIds = 20
const maxNeeds = 20

/**
 * Reads a report. The parts of a store that changes at the same time can be of different moments.
 *
 * @param reader the node that reads
 * @param tenant null for all tenants
 */
export async function readFleet(database: FleetDatabase, reader: string, tenant: string | null): Promise<FleetReport> {
  const { at, nodes } = await database.nodes(tenant)
  const waiting = await database.waiting(tenant)
  const needs = await database.needs(tenant)
  const { tenants, engines } = await allSums(database, tenant)
  const waitingOf = new Map(waiting.map((sums) => [sums.tenant, sums]))
  return {
    at,
    nodes: nodes.map((node) => nodeOf(node, { at, reader })),
    tenants: tenants.map((sums) => tenantOf(sums, waitingOf.get(sums.tenant))),
    queues: tenants
      .map((sums) => queueOf(sums, { waiting: waitingOf.get(sums.tenant), needs: needsOf(needs, sums.tenant) }))
      .filter(hasWork),
    engines: enginesOf(tenants, engines),
  }
}

async function allSums(database: FleetDatabase, tenant: string | null): Promise<SessionSums> {
  const tenants = new Map<string, TenantSums>()
  const engines = new Map<string, EngineSums>()
  for (let after = { tenant: '', id: '' }; ;) {
    const page = await database.sums({ tenant, after, count: pageSize })
    for (const sums of page.tenants) tenants.set(sums.tenant, added(tenants.get(sums.tenant), sums))
    for (const sums of page.engines) {
      engines.set(sums.engine, { ...sums, cells: sums.cells + (engines.get(sums.engine)?.cells ?? 0) })
    }
    const last = page.tenants.at(-1)
    if (last === undefined || page.tenants.reduce((sum, { sessions }) => sum + sessions, 0) < pageSize) break
    after = { tenant: last.tenant, id: last.lastId }
  }
  return { tenants: [...tenants.values()], engines: [...engines.values()] }
}

function added(before: TenantSums | undefined, sums: TenantSums): TenantSums {
  if (before === undefined) return sums
  return {
    tenant: sums.tenant,
    lastId: sums.lastId,
    sessions: before.sessions + sums.sessions,
    open: before.open + sums.open,
    abandoned: before.abandoned + sums.abandoned,
    abandonedSince: earlier(before.abandonedSince, sums.abandonedSince),
    running: before.running + sums.running,
    finished: before.finished + sums.finished,
    closed: before.closed + sums.closed,
    parked: before.parked + sums.parked,
    parkedIds: [...before.parkedIds, ...sums.parkedIds],
  }
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}

function nodeOf(stored: StoredNode, { at, reader }: { readonly at: number; readonly reader: string }): FleetNode {
  const { node, url, build, isDraining, leaseUntil, aliveSince, sessions } = stored
  return {
    node,
    address: url,
    build,
    isAlive: leaseUntil > at,
    isDraining,
    isReader: node === reader,
    leaseUntil: leaseUntil === 0 ? null : leaseUntil,
    aliveSince,
    sessions,
  }
}

function tenantOf(sums: TenantSums, waiting: WaitingSums | undefined): FleetTenant {
  const { tenant, sessions, open, running, finished, closed } = sums
  return {
    tenant,
    sessions,
    openSessions: open,
    cells: { running, finished, closed },
    approvals: waiting?.approvals ?? 0,
    oldestApprovalAt: waiting?.oldestApprovalAt ?? null,
  }
}

function needsOf(needs: readonly NeedSums[], name: string): FleetQueue['needs'] {
  const own = needs.filter(({ tenant }) => tenant === name).slice(0, maxNeeds)
  return own.map(({ capability, sessions }) => ({ capability, sessions }))
}

function queueOf(
  sums: TenantSums,
  { waiting, needs }: { readonly waiting: WaitingSums | undefined; readonly needs: FleetQueue['needs'] },
): FleetQueue {
  const { tenant, abandoned, abandonedSince, parked, parkedIds } = sums
  return {
    tenant,
    due: waiting?.due ?? 0,
    dueSince: waiting?.dueSince ?? null,
    abandoned,
    abandonedSince,
    needs,
    waiting: waiting?.waiting ?? 0,
    nextDueAt: waiting?.nextDueAt ?? null,
    inbox: waiting?.entries ?? 0,
    oldestInboxAt: waiting?.oldestEntryAt ?? null,
    parked,
    parkedSessions: parkedIds.slice(0, maxParkedIds),
  }
}

function hasWork({ due, abandoned, waiting, inbox, parked }: FleetQueue): boolean {
  return due + abandoned + waiting + inbox + parked > 0
}

/** Cells whose engine no row names are the rest of the running ones. */
function enginesOf(tenants: readonly TenantSums[], engines: readonly EngineSums[]): readonly FleetEngine[] {
  const running = tenants.reduce((sum, each) => sum + each.running, 0)
  const known = engines.reduce((sum, { cells }) => sum + cells, 0)
  const rest = running > known ? [{ engine: null, name: null, cells: running - known }] : []
  return [...engines.toSorted((left, right) => right.cells - left.cells), ...rest]
}
