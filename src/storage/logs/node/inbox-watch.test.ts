import { expect, test, vi } from 'vitest'
import type { SessionName } from '../session-logs.ts'
import { InboxWatch } from './inbox-watch.ts'

const names: readonly SessionName[] = Array.from({ length: 1000 }, (_, n) => ({ tenant: 't', id: `s${n}` }))

test('all sessions of a node that ask once a second share one statement for at least 250 ms', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const inboxesOf = vi.fn(async () => names.slice(0, 2))
    const watch = new InboxWatch({ inboxesOf }, 'node')
    for (let ms = 0; ms < 1000; ms++) {
      const name = names[ms] ?? { tenant: 't', id: 's' }
      expect(await watch.hasEntries(name)).toBe(ms < 2)
      vi.advanceTimersByTime(1)
    }
    expect(inboxesOf.mock.calls).toEqual([['node'], ['node'], ['node'], ['node']])
  } finally {
    vi.useRealTimers()
  }
})

test('sessions that ask at the same time wait for the same statement, and a failure reaches each and is not kept', async () => {
  const results = [Promise.reject(new Error('away')), Promise.resolve(names.slice(0, 1))]
  const inboxesOf = vi.fn(async () => await (results.shift() ?? []))
  const watch = new InboxWatch({ inboxesOf }, 'node')
  const failed = await Promise.allSettled(names.map(async (name) => await watch.hasEntries(name)))
  expect(new Set(failed.map(({ status }) => status))).toEqual(new Set(['rejected']))
  const found = await Promise.all(names.map(async (name) => await watch.hasEntries(name)))
  expect(found.filter(Boolean)).toHaveLength(1)
  expect(inboxesOf).toHaveBeenCalledTimes(2)
})
