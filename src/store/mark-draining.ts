import { LogStore, type SharedStore } from '../storage/shared/shared-store.ts'

/**
 * Records in a store that this process is about to end, so that `fleetReport` shows it. Its sessions stay open.
 *
 * @throws {CodecellError} `STORE_UNREACHABLE`; then it is recorded when the store responds. `INVALID_OPTION` for another object
 * @example
 * ```ts
 * process.once('SIGTERM', () => void markDraining(store).catch(() => undefined))
 * ```
 */
export async function markDraining(store: SharedStore): Promise<void> {
  const logs = await LogStore.logsOf(store)
  await logs.drain()
}
