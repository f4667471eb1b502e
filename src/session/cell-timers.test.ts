import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CellTimers } from './cell-timers.ts'

/** Milliseconds since the beginning, by a clock that has fractions; `Date.now` has none. */
let elapsed = 0.9

beforeEach(() => {
  elapsed = 0.9
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  vi.spyOn(performance, 'now').mockImplementation(() => elapsed)
  vi.spyOn(Date, 'now').mockImplementation(() => 1_000_000 + Math.floor(elapsed))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Lets time go by, and everything that is under way before. */
async function pass(ms: number): Promise<void> {
  await Promise.resolve()
  elapsed += ms
  await vi.advanceTimersByTimeAsync(ms)
}

test('timers that are set at once are due as their delays say, however long it takes to put them on record', async () => {
  const fired: number[] = []
  const timers = new CellTimers((id) => fired.push(id))
  for (const [at, delay] of [20, 5, 5].entries()) {
    timers.begin(at, delay, null)
    elapsed += 30
  }
  await pass(40)
  expect(fired).toEqual([1, 2, 0])
})

test('a timer that is set again on another host is due after those that were set before it there', async () => {
  const fired: number[] = []
  const timers = new CellTimers((id) => fired.push(id))
  timers.begin(1, 45, null)
  await pass(10.15)
  expect(timers.begin(2, 45, 1_000_000)).toBe(1_000_045)
  await pass(0.9)
  timers.begin(3, 45, 1_000_000)
  timers.begin(4, 10, 1_000_000)
  await pass(40)
  expect(fired).toEqual([4, 1, 2, 3])
})

test('what was set at different times is due at different times', async () => {
  const fired: number[] = []
  const timers = new CellTimers((id) => fired.push(id))
  timers.begin(1, 45, null)
  await pass(30)
  timers.begin(2, 5, null)
  await pass(6)
  expect(fired).toEqual([2])
  await pass(10)
  expect(fired).toEqual([2, 1])
})
