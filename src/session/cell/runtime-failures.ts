import { hasCode, messageOf } from '../../errors.ts'
import { limitText } from '../../protocol/cell-limits.ts'
import type { CellEvent } from '../../protocol/event.ts'
import type { HostLoss } from '../hosts/hosted-cell.ts'

/** Returns the event that ends a program from the side of the session. */
export function failure(errorText: string): CellEvent {
  return { type: 'failed', limit: null, body: errorText }
}

/** The failure of a program that cannot be replayed, because its journal cannot be written. */
export function journalFailure(error: unknown): CellEvent {
  const isLimit = hasCode(error, 'LIMIT_EXCEEDED')
  return failure(isLimit ? messageOf(error) : 'exec runtime ended unexpectedly: its journal cannot be written')
}

/** The failure of a program that lost its host. `limitMb` is its memory limit in MiB. */
export function crashFailure({ reason, memoryMb }: HostLoss, limitMb: number): CellEvent {
  if (memoryMb !== null) return { type: 'failed', limit: 'memory', body: limitText('memory_mb', limitMb, memoryMb) }
  return failure(`exec runtime ended unexpectedly: the host process died while this cell ran: ${reason}`)
}
