import type { FleetReport } from '../../storage/logs/fleet-report.ts'
import type { StorageLocation } from '../../storage/disk/read-sessions.ts'
import type { SessionReport } from '../../storage/disk/session-report.ts'
import type { StoreLocation } from '../../storage/reports/read-sessions.ts'

/** A session of a source. `stamp` changes whenever the session changes. */
export type SourceEntry = { readonly id: string; readonly stamp: string }

/** Stored sessions, as options of `readSession` and of the functions that leave requests. */
export type StoredLocation = StorageLocation | StoreLocation

/** The stored sessions that a console shows. */
export interface ConsoleSource {
  readonly type: 'folder' | 'store'
  /** A name for people, without a password. */
  readonly name: string
  /** Null for a folder. */
  readonly tenant: string | null
  readonly location: StoredLocation
  /**
   * Lists all sessions. It costs little for a session that has not changed.
   *
   * @throws {CodecellError} when the source is away
   */
  list(): Promise<readonly SourceEntry[]>
  /** @throws {CodecellError} `SESSION_NOT_FOUND`, `SESSION_INVALID`, `SESSION_MOVED`, and when the source is away */
  read(id: string): Promise<SessionReport>
  /** Returns the nodes of a store; null for a folder. */
  nodes(): Promise<FleetReport | null>
}
