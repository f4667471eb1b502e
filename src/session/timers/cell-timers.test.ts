import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CellTimers } from './cell-timers.ts'

/** Milliseconds since the start, with fractions as in `performance.now()`. */
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

/** Runs pending microtasks, then lets time pass. */
async function pass(ms: number): Promise<void> {
  await Promise.resolve()
  elapsed += ms
  await vi.advanceTimersByTimeAsync(ms)
}

const start = 1_000_000

test('timers of one command fire in the order of their delays, however slowly they arrive', async () => {
  const delays = [90, 0, 45, 45, 45]
  const orders: number[][] = []
  // From simultaneous arrival to a delay at which the first timers are overdue when the last one arrives.
  for (const pauseMs of [0, 1, 20, 60]) {
    const fired: number[] = []
    const timers = new CellTimers((id) => fired.push(id))
    const time = Date.now()
    for (const [id, delay] of delays.entries()) {
      timers.begin({ id, delay, time }, 1)
      await pass(pauseMs)
    }
    expect(fired).toEqual([])
    timers.onHandled(1)
    await pass(100)
    orders.push(fired)
  }
  expect(orders).toEqual(orders.map(() => [1, 2, 3, 4, 0]))
})

test('a timer waits for an earlier one of a command that is not handled yet', async () => {
  const fired: number[] = []
  const timers = new CellTimers((id) => fired.push(id))
  timers.begin({ id: 1, delay: 50, time: start }, 1)
  timers.onHandled(1)
  await pass(10)
  timers.begin({ id: 2, delay: 10, time: start + 10 }, 2)
  await pass(60)
  expect(fired).toEqual([])
  timers.onHandled(2)
  await pass(1)
  expect(fired).toEqual([2, 1])
})

test('a timer that arrives late is due after the timers that were set before it', async () => {
  const fired: number[] = []
  const timers = new CellTimers((id) => fired.push(id))
  timers.begin({ id: 1, delay: 45, time: start }, 1)
  await pass(10.15)
  timers.begin({ id: 2, delay: 45, time: start }, 1)
  await pass(0.9)
  timers.begin({ id: 3, delay: 45, time: start }, 1)
  timers.begin({ id: 4, delay: 10, time: start }, 1)
  timers.onHandled(1)
  await pass(40)
  expect(fired).toEqual([4, 1, 2, 3])
})

test('timers of different commands fire when they are due', async () => {
  const fired: number[] = []
  const timers = new CellTimers((id) => fired.push(id))
  timers.onHandled(1)
  timers.begin({ id: 1, delay: 45, time: start }, 1)
  await pass(30)
  timers.begin({ id: 2, delay: 5, time: start + 30 }, 1)
  timers.begin({ id: 3, delay: 15, time: start + 30 }, 1)
  await pass(6)
  expect(fired).toEqual([2])
  await pass(10)
  expect(fired).toEqual([2, 1, 3])
})

test('a timer counts from its arrival when the clock of its cell is ahead', async () => {
  const fired: number[] = []
  const timers = new CellTimers((id) => fired.push(id))
  timers.onHandled(1)
  timers.begin({ id: 1, delay: 20, time: start + 3_600_000 }, 1)
  await pass(21)
  expect(fired).toEqual([1])
})
