import type { CellEvent } from '../../protocol/event.ts'
import type { FromHost } from '../../protocol/message.ts'

/** A message of a host about a program that is not an event of the program. */
export type HostNotice = Extract<FromHost, { readonly type: 'handled' | 'stopped' | 'remarks' | 'output_wanted' }>

/** A cell as a host carries it. */
export interface HostedCell {
  /** The session, when it shares slots with others; null when it has its own hosts. */
  readonly session: object | null
  /** Memory the cell may use, in MiB. */
  readonly memoryMb: number
  /** True while commands are on their way that have not been handled. */
  readonly isBusy: boolean
  /** When it began to wait for something outside, by `performance.now()`; null when it does not, and may not be evicted. */
  readonly idleSince: number | null
  /** Releases the isolate; a command resumes the cell. */
  evict(): void
  /** Called with an event of the program. */
  onEvent(event: CellEvent): void
  /** Called with a message of the host about the program. */
  onMessage(message: HostNotice): void
  /** Called when the host is gone. */
  onHostLost(loss: HostLoss): void
}

/**
 * Why a host is gone, from the point of view of one of its cells. `culprit`: this cell did it. `suspect`: it may have.
 * `bystander`: it was waiting, or another cell did it.
 */
export type HostLoss = {
  readonly role: 'culprit' | 'suspect' | 'bystander'
  /** True when the host broke down by itself, false when something outside killed it. */
  readonly crashed: boolean
  readonly reason: string
  /** The memory that was measured, in MiB, when that is why the host was killed. */
  readonly memoryMb: number | null
}
