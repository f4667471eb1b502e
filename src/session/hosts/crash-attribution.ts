import type { TransportEnd } from '../../protocol/transport.ts'
import type { HostedCell, HostLoss } from './hosted-cell.ts'

/** Why we killed a host; the culprit is one of its cells, or not known. */
export type KillReason = {
  readonly reason: string
  readonly culprit: HostedCell | null
  /** The memory that was measured, in MiB, when that is why. */
  readonly memoryMb: number | null
}

type RoleOf = (cell: HostedCell) => HostLoss['role']

/** Signals by which V8 ends a process that it cannot carry on with. */
const crashSignals = new Set<unknown>(['SIGTRAP', 'SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGBUS', 'SIGFPE', 'SIGSYS'])

/** Attributes the loss of a host: returns the role of each of its cells. */
export function attributeCrash(
  killReason: KillReason | null,
  end: TransportEnd,
  cells: readonly HostedCell[],
): (cell: HostedCell) => HostLoss {
  const roleOf = killReason === null ? roleOfCrashed(end, cells) : roleOfKilled(killReason, cells)
  const loss = {
    crashed: killReason !== null || hasCrashed(end),
    reason: killReason?.reason ?? endText(end),
    memoryMb: killReason?.memoryMb ?? null,
  }
  return (cell) => ({ role: roleOf(cell), ...loss })
}

/** How the process of a host ended, without what it said last. */
export function endText(end: TransportEnd): string {
  return end.type === 'lost' ? end.reason : 'it was closed'
}

/** We killed it: the culprit is known, or it is one of those that were running. */
function roleOfKilled({ culprit }: KillReason, cells: readonly HostedCell[]): RoleOf {
  if (culprit !== null) return (cell) => (cell === culprit ? 'culprit' : 'bystander')
  return suspects(cells)
}

/**
 * The host died. If V8 reported a fatal error while one cell was running, that cell is the culprit. Otherwise those that were
 * running may have: a cell whose answer was on its way looks the same as one that ran.
 */
function roleOfCrashed(end: TransportEnd, cells: readonly HostedCell[]): RoleOf {
  const busy = cells.filter((cell) => cell.isBusy)
  const [only] = busy
  const isFatal = end.type === 'lost' && hasCrashed(end) && /fatal/i.test(end.detail)
  if (isFatal && busy.length === 1) return (cell) => (cell === only ? 'culprit' : 'bystander')
  return suspects(cells)
}

/** By one of V8's own signals, by an exit, or by breaking the protocol; any other signal came from outside. */
function hasCrashed(end: TransportEnd): boolean {
  return end.type === 'lost' && (crashSignals.has(end.cause) || typeof end.cause !== 'string')
}

function suspects(cells: readonly HostedCell[]): RoleOf {
  const anyBusy = cells.some((cell) => cell.isBusy)
  return (cell) => (cell.isBusy || !anyBusy ? 'suspect' : 'bystander')
}
