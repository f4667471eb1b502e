import { expect, onTestFinished, test } from 'vitest'
import type { NodeState } from '../session-logs.ts'
import { NodeLease } from './node-lease.ts'

type Step = { readonly wall?: number; readonly monotonic?: number }

/** A lease of 10 seconds whose clocks and whose store the test controls. */
function newLease(renew: (node?: NodeState) => Promise<number> = async () => 1) {
  const now = { wall: 1_000_000, monotonic: 5000 }
  const lapses: number[] = []
  const lease = new NodeLease(
    { renew: async (node) => ({ aliveSince: await renew(node), now: 1_000_000 }), endLease: async () => undefined },
    {
      node: { node: 'n', url: null },
      build: '1.2.3',
      ttlMs: 10_000,
      clocks: { wall: () => now.wall, monotonic: () => now.monotonic },
      onLapse: async () => {
        lapses.push(lease.deadline.remainingMs())
      },
    },
  )
  onTestFinished(() => lease.close())
  const advance = ({ wall = 0, monotonic = 0 }: Step): void => {
    now.wall += wall
    now.monotonic += monotonic
  }
  return { lease, advance, lapses }
}

test('a lease that was never renewed has passed', () => {
  expect(newLease().lease.deadline.remainingMs()).toBeLessThan(0)
})

test.for([
  { wall: 3000, monotonic: 3000, remaining: 7000 },
  // The machine was suspended.
  { wall: 9000, monotonic: 100, remaining: 1000 },
  // The wall clock was set back.
  { wall: -3_600_000, monotonic: 4000, remaining: 6000 },
  // The wall clock was set forward.
  { wall: 3_600_000, monotonic: 10, remaining: -3_590_000 },
])('a deadline counts the larger step of the clocks: $wall ms and $monotonic ms', async (step) => {
  const { lease, advance } = newLease()
  await lease.renew()
  advance(step)
  expect(lease.deadline.remainingMs()).toBe(step.remaining)
})

test('a deadline counts from before the renewal was sent', async () => {
  let respond = (): void => undefined
  const sent = newLease(
    () =>
      new Promise((resolve) => {
        respond = () => resolve(1)
      }),
  )
  const renewal = sent.lease.renew()
  sent.advance({ wall: 4000, monotonic: 4000 })
  respond()
  await renewal
  expect(sent.lease.deadline.remainingMs()).toBe(6000)
})

test('a renewal that came too late is handled before the deadline moves', async () => {
  const responses = [1, 2]
  const { lease, advance, lapses } = newLease(async () => responses.shift() ?? 2)
  await lease.renew()
  advance({ wall: 11_000, monotonic: 11_000 })
  await lease.renew()
  expect(lapses).toStrictEqual([-1000])
  expect(lease.deadline.remainingMs()).toBe(10_000)
})

test('a renewal that fails leaves the deadline, and its reason', async () => {
  const responses = [async () => 1, () => Promise.reject(new Error('away'))]
  const { lease, advance } = newLease(() => (responses.shift() ?? (async () => 1))())
  await lease.renew()
  advance({ wall: 1000 })
  await expect(lease.renew()).rejects.toThrow('away')
  expect([lease.deadline.remainingMs(), lease.trouble]).toStrictEqual([9000, 'away'])
  await lease.renew()
  expect(lease.trouble).toBeNull()
})

test('a node that drains records it at once, after a renewal under way, and with each later one', async () => {
  const seen: unknown[] = []
  const { lease } = newLease(async (node) => {
    seen.push([node?.build, node?.isDraining])
    return 1
  })
  await lease.renew()
  await Promise.all([lease.renew(), lease.drain()])
  await lease.renew()
  expect(seen).toStrictEqual([false, false, true, true].map((isDraining) => ['1.2.3', isDraining]))
})

test('a late renewal is handled again until that succeeds, even if a reply was lost', async () => {
  const responses = [async () => 1, () => Promise.reject(new Error('reply lost')), async () => 2, async () => 2]
  const { lease, advance, lapses } = newLease(() => (responses.shift() ?? (async () => 2))())
  await lease.renew()
  advance({ wall: 11_000, monotonic: 11_000 })
  await expect(lease.renew()).rejects.toThrow('reply lost')
  await lease.renew()
  await lease.renew()
  expect(lapses).toHaveLength(1)
})
