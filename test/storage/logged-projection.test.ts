import { expect, test } from 'vitest'
import { LoggedSessionStore } from '../../src/storage/shared/logged-session-store.ts'
import { LogContent, MemoryLog } from '../support/memory-log.ts'
import { StoreSteps } from './store-steps.ts'

const limits = { maxReplayCharsInMemory: 2_000_000, maxSpillBytes: 10_000_000 }
const seeds = Array.from({ length: 10 }, (_, seed) => seed)

/** Returns the keys of pending approvals, and the calls that wait for results, as a session reads them from its store. */
function waitingIn(store: LoggedSessionStore): { readonly approvals: readonly string[]; readonly expiries: number[] } {
  const running = store.unfinished().filter(({ state }) => state.type === 'running')
  const approvals = running.flatMap(({ cellId }) =>
    store.approvals
      .ofCell(cellId)
      .flatMap(({ call, state }) => (state === 'pending' ? [`${cellId}/tool-${call}`] : [])),
  )
  const deferred = running.flatMap(({ cellId }) =>
    store
      .ledger(cellId)
      .flatMap(({ state, deferral }) => (state === 'deferred' ? [deferral?.expiresAt ?? Infinity] : [])),
  )
  return { approvals: approvals.toSorted(), expiries: deferred.filter((at) => at !== Infinity) }
}

test.each(seeds)('the projection has each pending approval, and wakes at each expiry (seed %i)', async (seed) => {
  const content = new LogContent()
  let log = new MemoryLog(content)
  let store = await LoggedSessionStore.open(log, limits)
  const steps = new StoreSteps(store, seed)
  for (let step = 0; step < 60; step++) {
    steps.step()
    await store.barrier()
    if (log.projection === null) continue
    const { approvals, expiries } = waitingIn(store)
    expect(log.projection.approvals.map(({ cellId, callId }) => `${cellId}/${callId}`).toSorted()).toEqual(approvals)
    if (expiries.length > 0) expect(log.projection.wakeAt).toBeLessThanOrEqual(Math.min(...expiries))
  }
  const { projection } = log
  await store.close()
  // The next owner knows the same from the records.
  log = new MemoryLog(content)
  store = await LoggedSessionStore.open(log, limits)
  store.retainOutput({ cellId: '1', entry: null })
  await store.barrier()
  expect(log.projection).toEqual(projection)
  await store.close()
})
