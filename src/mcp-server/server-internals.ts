import type { SharedStore } from '../storage/shared/shared-store.ts'
import type { ConnectedClient } from './connected-client.ts'

/** The parts of a server that transports of this package use and embedders do not see. */
export type ServerInternals = {
  readonly store: SharedStore | null
  /** Connects the client of a session. With `mustExist`, opening the session fails when it does not exist. */
  readonly connectStored: (session: {
    readonly store: SharedStore
    readonly sessionId: string
    readonly mustExist: boolean
  }) => ConnectedClient
}

const entries = new WeakMap<object, ServerInternals>()

/** Registers the internals of a server. */
export function openServerInternals(server: object, internals: ServerInternals): void {
  entries.set(server, internals)
}

/** Returns the internals of a server; null for another implementation. */
export function serverInternalsOf(server: object): ServerInternals | null {
  return entries.get(server) ?? null
}
