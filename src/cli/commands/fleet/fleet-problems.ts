import type { FleetQueue } from '../../../store.ts'
import { distance } from '../../terminal/text-table.ts'
import { supervisorName, type FleetProblem, type FleetState } from './fleet-state.ts'

/** Returns what needs attention. Work may wait for `overdueMs` milliseconds. */
export function problemsOf(
  { store, supervisors }: FleetState,
  { overdueMs, engine }: { readonly overdueMs: number; readonly engine: string | null },
): readonly FleetProblem[] {
  const problems: FleetProblem[] = []
  for (const report of supervisors ?? []) {
    if (report.type === 'supervisor') continue
    problems.push({ part: 'hosts', text: `supervisor ${supervisorName(report)} does not respond: ${report.reason}` })
  }
  for (const queue of store?.queues ?? []) {
    const texts = queueProblems(queue, { now: store?.at ?? 0, overdueMs })
    problems.push(...texts.map((text) => ({ part: 'queues' as const, text: `tenant "${queue.tenant}": ${text}` })))
  }
  const engines = store?.engines.filter((each) => engine !== null && [each.engine, each.name].includes(engine)) ?? []
  const cells = engines.reduce((sum, each) => sum + each.cells, 0)
  if (engine !== null && cells > 0) {
    problems.push({ part: 'engines', text: `engine ${engine} has ${counted(cells, 'running cell')}` })
  }
  return problems
}

type Clock = { readonly now: number; readonly overdueMs: number }

function queueProblems(queue: FleetQueue, clock: Clock): readonly string[] {
  const { due, dueSince, abandoned, abandonedSince, needs, inbox, oldestInboxAt, parked, parkedSessions } = queue
  const overdue = (since: number | null): boolean => since !== null && clock.now - since > clock.overdueMs
  const needed = neededText(needs)
  const problems: string[] = []
  if (overdue(dueSince)) {
    problems.push(`${counted(due, 'session')} due, the first ${ago(dueSince, clock)}: no node opens it${needed}`)
  }
  // A process that ended its lease itself has closed its sessions, so the time is known of all others.
  if (abandoned > 0 && (abandonedSince === null || overdue(abandonedSince))) {
    const since = abandonedSince === null ? '' : ` ${ago(abandonedSince, clock)}`
    problems.push(`${counted(abandoned, 'session')} of a process that ended${since}: no node opens it${needed}`)
  }
  if (overdue(oldestInboxAt)) {
    const entries = inbox === 1 ? '1 entry' : `${inbox} entries`
    problems.push(`${entries} in inboxes, the oldest ${ago(oldestInboxAt, clock)}: no session takes them`)
  }
  if (parked > 0) {
    const names = parkedSessions.slice(0, maxNames).join(', ')
    const more = parked > maxNames ? `, and ${parked - maxNames} more` : ''
    problems.push(`${counted(parked, 'session')} parked, which no node opens by itself: ${names}${more}`)
  }
  return problems
}

const maxNames = 3

/** Returns the capabilities that a node must have for these sessions. */
function neededText(needs: FleetQueue['needs']): string {
  if (needs.length === 0) return ''
  const names = needs.slice(0, maxNames).map(({ capability, sessions }) => `${capability} (${sessions})`)
  return `; needed: ${names.join(', ')}${needs.length > maxNames ? ', …' : ''}`
}

function ago(at: number | null, { now }: Clock): string {
  return at === null ? 'an unknown time' : distance(at - now)
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
