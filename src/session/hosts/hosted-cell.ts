import type { CellEvent } from '../../protocol/event.ts'
import type { FromHost } from '../../protocol/message.ts'

/** A message about a program that the host itself sends. */
export type HostNotice = Extract<
  FromHost,
  { readonly type: 'handled' | 'stopped' | 'remarks' | 'output_wanted' | 'not_restored' }
>

/** A cell from the perspective of its host. */
export interface HostedCell {
  /** The session of the cell; null when the session has its own hosts. */
  readonly session: object | null
  /** Memory limit of the cell, in MiB. */
  readonly memoryMb: number
  /** Whether the host has not handled all commands of the cell. */
  readonly isBusy: boolean
  /** `performance.now()` timestamp since which the cell waits for a call or a timer; null when it cannot be evicted. */
  readonly idleSince: number | null
  /** Releases the isolate. The next command resumes the cell. */
  evict(): void
  /** Called with an event of the program. */
  onEvent(event: CellEvent): void
  /** Called with a message of the host about the program. */
  onMessage(message: HostNotice): void
  /** Called when the host has ended. */
  onHostLost(loss: HostLoss): void
}

/** The loss of a host, as one of its cells is notified of it. */
export type HostLoss = {
  /**
   * `culprit`: this cell caused the loss. `suspect`: it may have. `bystander`: it was idle, another cell caused the loss, or the host
   * is out of reach.
   */
  readonly role: 'culprit' | 'suspect' | 'bystander'
  /** Whether the host crashed or the session killed it; false when another process killed it. */
  readonly crashed: boolean
  readonly reason: string
  /** The measured memory in MiB when the host used too much; otherwise null. */
  readonly memoryMb: number | null
}
