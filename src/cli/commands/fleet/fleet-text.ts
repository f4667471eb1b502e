import type { FleetReport } from '../../../store.ts'
import type { SupervisorReport } from '../../../supervisor.ts'
import { printable } from '../../common/printable.ts'
import { distance, textTable } from '../../terminal/text-table.ts'
import { otherNodes, supervisorName, type FleetPart, type FleetProblem, type FleetState } from './fleet-state.ts'

type Rows = readonly (readonly string[])[]

/** Returns tables of the parts, with headings when there are several, and the problems. */
export function fleetText(
  state: FleetState,
  parts: readonly FleetPart[],
  problems: readonly FleetProblem[],
): readonly string[] {
  const sections = parts.map((part) => sectionOf(state, part))
  if (problems.length > 0) sections.push(['ATTENTION', ...problems.map(({ text }) => printable(text))])
  return sections.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

function sectionOf({ store, supervisors }: FleetState, part: FleetPart): readonly string[] {
  const { header, empty } = headers[part]
  const rows = part === 'hosts' ? (supervisors ?? []).map(hostRow) : store === null ? [] : rowsOf[part](store)
  return rows.length === 0 ? [empty] : textTable([header, ...rows])
}

const headers: Readonly<Record<FleetPart, { readonly header: readonly string[]; readonly empty: string }>> = {
  nodes: {
    header: ['NODE', 'ADDRESS', 'VERSION', 'STATE', 'SESSIONS', 'STARTED'],
    empty: 'No node has the store open',
  },
  hosts: { header: ['HOSTS AT', 'STATE', 'USED', 'FREE', 'VERSION', 'V8', 'TENANTS'], empty: 'No supervisors' },
  tenants: {
    header: ['TENANT', 'SESSIONS', 'OPEN', 'RUNNING', 'UNREAD', 'ENDED', 'APPROVALS'],
    empty: 'No tenant has sessions',
  },
  queues: {
    header: ['TENANT', 'DUE', 'ABANDONED', 'LATER', 'INBOX', 'PARKED'],
    empty: 'No session waits for a node',
  },
  engines: { header: ['ENGINE', 'NAME', 'RUNNING CELLS'], empty: 'No cell runs' },
}

const rowsOf: Readonly<Record<Exclude<FleetPart, 'hosts'>, (report: FleetReport) => Rows>> = {
  nodes: (report) =>
    otherNodes(report).map(({ node, address, build, isAlive, isDraining, aliveSince, sessions }) => [
      node.slice(0, 8),
      shortened(address ?? '-', 28),
      build ?? '-',
      isAlive ? (isDraining ? 'draining' : 'alive') : 'ENDED',
      String(sessions),
      distance(aliveSince - report.at),
    ]),
  tenants: ({ at, tenants }) =>
    tenants.map(({ tenant, sessions, openSessions, cells, approvals, oldestApprovalAt }) => [
      tenant,
      ...[sessions, openSessions, cells.running, cells.finished, cells.closed].map(String),
      counted(approvals, oldestApprovalAt, at),
    ]),
  queues: ({ at, queues }) =>
    queues.map((queue) => [
      queue.tenant,
      counted(queue.due, queue.dueSince, at),
      counted(queue.abandoned, queue.abandonedSince, at),
      counted(queue.waiting, queue.nextDueAt, at),
      counted(queue.inbox, queue.oldestInboxAt, at),
      counted(queue.parked, null, at),
    ]),
  engines: ({ engines }) => engines.map(({ engine, name, cells }) => [engine ?? 'unknown', name ?? '-', String(cells)]),
}

function hostRow(report: SupervisorReport): readonly string[] {
  const name = shortened(supervisorName(report), 28)
  if (report.type !== 'supervisor') return [name, report.type.toUpperCase()]
  const { isDraining, slots, used, version, engines, tenants, moreTenants } = report
  const state = isDraining ? 'draining' : used < slots ? 'ready' : 'full'
  const shown = tenants.slice(0, 1).map((each) => `${each.tenant} ${each.used}`)
  const hidden = tenants.length + moreTenants - shown.length
  return [
    name,
    state,
    String(used),
    String(slots - used),
    version,
    [...new Set(engines.map(({ v8 }) => v8.split('.').slice(0, 2).join('.')))].join(', '),
    [...shown, ...(hidden > 0 ? [`+${hidden}`] : [])].join(', ') || '-',
  ]
}

/** Returns a count and a time: `3 (5 min ago)`. */
function counted(count: number, at: number | null, now: number): string {
  if (count === 0) return '-'
  return at === null ? String(count) : `${count} (${distance(at - now)})`
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
