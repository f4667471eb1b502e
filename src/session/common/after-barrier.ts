import type { Barrier } from '../../storage/session-store.ts'

/** Calls `onRecord` at the barrier, in the same turn if everything is on record. Calls `onFailed` when the barrier rejects. */
export function afterBarrier(barrier: Barrier, onRecord: () => void, onFailed: (error: unknown) => void): void {
  if (barrier === null) return onRecord()
  void barrier.then(onRecord, onFailed)
}
