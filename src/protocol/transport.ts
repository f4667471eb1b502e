import type { FromHost, ToHost } from './message.ts'

/**
 * The end of a transport: closed by this end, or lost. `reason` may be shown to a model. `detail`, the tail of the
 * error stream of the other end, is for the operator.
 */
export type TransportEnd =
  | { readonly type: 'closed' }
  | { readonly type: 'lost'; readonly reason: string; readonly detail: string; readonly cause: unknown }

/** The channel from a session to one host. Messages arrive in order. */
export interface Transport extends AsyncDisposable {
  /** Sends a message. Never throws; after the end it does nothing. */
  send(message: ToHost): void
  /** Called once, before the first message is expected. Every message has been parsed. */
  listen(onMessages: (messages: readonly FromHost[]) => void): void
  /** Resolves once, when the other end is gone; never rejects. */
  readonly ended: Promise<TransportEnd>
  /** Ends the other end at once, without its cooperation. */
  kill(): void
  /** Memory of the other end in bytes; null where it cannot be separated from the memory of this process. */
  residentBytes(): number | null
}
