import type { FleetReport } from '../../storage/logs/fleet-report.ts'
import type { SessionSummary } from '../../storage/logs/session-logs.ts'
import type { SessionReport } from '../../storage/disk/session-report.ts'
import { readSession } from '../../storage/reports/read-sessions.ts'
import { LogStore, type SharedStore } from '../../storage/shared/shared-store.ts'
import type { ConsoleSource, SourceEntry, StoredLocation } from './console-source.ts'

/**
 * Age from which a session is certain to have no other row with the same time, in milliseconds. Until then it is read again. The
 * clocks of the store and of this machine can differ.
 */
const settledMs = 3000

/** The sessions of one tenant of a shared store. */
export class StoreSource implements ConsoleSource {
  readonly type = 'store'
  readonly name: string
  readonly tenant: string
  readonly location: StoredLocation
  readonly #store: SharedStore
  #tick = 0

  constructor(store: SharedStore) {
    this.#store = store
    this.name = store.location
    this.tenant = store.tenant
    this.location = { store }
  }

  async list(): Promise<readonly SourceEntry[]> {
    const logs = await LogStore.logsOf(this.#store)
    this.#tick++
    const entries: SourceEntry[] = []
    for await (const summary of logs.list({ tenant: this.tenant })) {
      entries.push({ id: summary.name.id, stamp: this.#stampOf(summary) })
    }
    return entries
  }

  async read(id: string): Promise<SessionReport> {
    return await readSession({ store: this.#store, sessionId: id })
  }

  async nodes(): Promise<FleetReport> {
    const logs = await LogStore.logsOf(this.#store)
    return await logs.fleet(this.tenant)
  }

  #stampOf({ owner, epoch, lastActivityAt, counts, approvals, inbox, wakeAt }: SessionSummary): string {
    const tick = Math.abs(Date.now() - lastActivityAt) < settledMs ? this.#tick : 0
    return JSON.stringify([owner, epoch, lastActivityAt, counts, approvals, inbox, wakeAt, tick])
  }
}
