import { hasCode, messageOf } from '../../errors.ts'
import { limitText } from '../../protocol/cell-limits.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { HostLoss } from '../hosts/hosted-cell.ts'

/** Returns the event with which the session ends a program. */
export function failure(errorText: string): CellEvent {
  return { type: 'failed', limit: null, body: errorText }
}

/** Returns the failure of a program whose journal cannot be written, so that it cannot be replayed. */
export function journalFailure(error: unknown): CellEvent {
  const isLimit = hasCode(error, 'LIMIT_EXCEEDED')
  return failure(isLimit ? messageOf(error) : 'exec runtime ended unexpectedly: its journal cannot be written')
}

/** Returns the failure of a program that crashed its host. `limitMb` is its memory limit in MiB. */
export function crashFailure({ reason, memoryMb }: HostLoss, limitMb: number): CellEvent {
  if (memoryMb !== null) return { type: 'failed', limit: 'memory', body: limitText('memory_mb', limitMb, memoryMb) }
  return failure(`exec runtime ended unexpectedly: the host process died while this cell ran: ${reason}`)
}
