import { LogStore, type SharedStore } from '../storage/shared/shared-store.ts'

/** A name that has no session: the check reads, and changes nothing. */
const sessionId = 'readiness'

/**
 * Reads from a shared store, to learn whether it responds.
 *
 * @throws {CodecellError} `STORE_UNREACHABLE`, or the reason why it cannot be used
 */
export async function checkStore(store: SharedStore): Promise<void> {
  const logs = await LogStore.logsOf(store)
  await logs.ownerOf({ tenant: store.tenant, id: sessionId })
}
