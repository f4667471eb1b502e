import type { FromHost, ToHost } from './message.ts'

/** The end of a transport. Nothing that the other end sends later is delivered. `reason` may be shown to a model. */
export type TransportEnd =
  /** This end closed it. */
  | { readonly type: 'closed' }
  /** The process at the other end has ended, and `cause` is how. `detail`, the tail of its error stream, is for the operator. */
  | { readonly type: 'lost'; readonly reason: string; readonly detail: string; readonly cause: unknown }
  /** The link broke. The process at the other end can still run, and no cell of it caused the end. */
  | {
      readonly type: 'unreachable'
      readonly reason: string
      /** The reason for the operator, with addresses. */
      readonly detail?: string
    }

/** Unsent bytes above which a transport is congested: its cells wait for their results, and new cells go to other hosts. */
export const maxUnsentBytes: number = 4 * 1024 * 1024

/** The channel from a session to one host. Messages arrive in order. */
export interface Transport extends AsyncDisposable {
  /**
   * Whether a link leads to the host, which can break or fall silent while the process runs. The transport notices that, and reports
   * how the process ended. A host that does not reply over a link that works is itself to blame.
   */
  readonly isLink: boolean
  /** Resolves when the host must end soon, because its machine does. Its cells then leave it. */
  readonly leaving?: Promise<void>
  /** Sends a message. Never throws; after the end it does nothing. */
  send(message: ToHost): void
  /** Size of the messages that the system has not accepted yet, in bytes. It is 0 after the end. */
  readonly unsentBytes: number
  /** Size of the messages that the system has accepted, in bytes. */
  readonly sentBytes: number
  /** Resolves when the system has accepted most of the messages, and after the end. Resolves at once when few wait. */
  drained(): Promise<void>
  /** Called once, before the first message is expected. Every message has been parsed. */
  listen(onMessages: (messages: readonly FromHost[]) => void): void
  /** Resolves once, when the other end is gone or out of reach; never rejects. */
  readonly ended: Promise<TransportEnd>
  /** Ends the process at the other end at once, without its cooperation. On a link, it ends the link, and `ended` resolves. */
  kill(): void
  /** Memory of the other end in bytes; null where it cannot be separated from the memory of this process. */
  residentBytes(): number | null
}
