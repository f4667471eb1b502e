import type { TransportEnd } from '../../protocol/transport.ts'
import type { HostedCell, HostLoss } from './hosted-cell.ts'

/** The reason why the session killed a host. */
export type KillReason = {
  readonly reason: string
  /** Null when the culprit is unknown. */
  readonly culprit: HostedCell | null
  /** The measured memory in MiB when the host used too much; otherwise null. */
  readonly memoryMb: number | null
}

type RoleOf = (cell: HostedCell) => HostLoss['role']

/** Signals of a process that crashed by itself, e.g. on a fatal error of V8. */
const crashSignals = new Set<unknown>(['SIGTRAP', 'SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGBUS', 'SIGFPE', 'SIGSYS'])

/**
 * Attributes the loss of a host: returns the role of each of its cells. When the host is out of reach, all cells are bystanders,
 * because a broken link says nothing about them.
 */
export function attributeCrash(
  killReason: KillReason | null,
  end: TransportEnd,
  cells: readonly HostedCell[],
): (cell: HostedCell) => HostLoss {
  const roleOf = killReason === null ? roleOfEnded(end, cells) : roleOfKilled(killReason, cells)
  const loss = {
    crashed: killReason !== null || hasCrashed(end),
    reason: killReason?.reason ?? endText(end),
    memoryMb: killReason?.memoryMb ?? null,
  }
  return (cell) => ({ role: roleOf(cell), ...loss })
}

/** Returns how the process of a host ended, without its error output. */
export function endText(end: TransportEnd): string {
  return end.type === 'closed' ? 'it was closed' : end.reason
}

function roleOfEnded(end: TransportEnd, cells: readonly HostedCell[]): RoleOf {
  return end.type === 'unreachable' ? () => 'bystander' : roleOfCrashed(end, cells)
}

/** Returns the roles for a host that the session killed: when the culprit is unknown, every busy cell is a suspect. */
function roleOfKilled({ culprit }: KillReason, cells: readonly HostedCell[]): RoleOf {
  if (culprit !== null) return (cell) => (cell === culprit ? 'culprit' : 'bystander')
  return suspects(cells)
}

/**
 * Returns the roles for a host that crashed. A fatal error of V8 while a single cell was busy makes that cell the culprit.
 * Otherwise all busy cells are suspects, because a cell whose event was still in transit also counts as busy.
 */
function roleOfCrashed(end: TransportEnd, cells: readonly HostedCell[]): RoleOf {
  const busy = cells.filter((cell) => cell.isBusy)
  const [only] = busy
  const isFatal = end.type === 'lost' && hasCrashed(end) && /fatal/i.test(end.detail)
  if (isFatal && busy.length === 1) return (cell) => (cell === only ? 'culprit' : 'bystander')
  return suspects(cells)
}

/**
 * Returns whether the host crashed by itself: by a crash signal, an exit or a protocol error. Other signals come from outside.
 */
function hasCrashed(end: TransportEnd): boolean {
  return end.type === 'lost' && (crashSignals.has(end.cause) || typeof end.cause !== 'string')
}

function suspects(cells: readonly HostedCell[]): RoleOf {
  const hasBusy = cells.some((cell) => cell.isBusy)
  return (cell) => (cell.isBusy || !hasBusy ? 'suspect' : 'bystander')
}

/** Returns what an operator reads behind the reason. */
export function detailOf(end: TransportEnd): string {
  const detail = end.type === 'closed' ? '' : (end.detail ?? '')
  return detail === '' ? '' : `: ${detail}`
}
