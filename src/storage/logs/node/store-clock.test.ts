import { expect, test } from 'vitest'
import { StoreClock } from './store-clock.ts'

test('the clock of a store is that of the middle of a request, and advances with the monotonic clock', () => {
  const clock = new StoreClock()
  clock.set(1_000_000, 100, 140)
  expect(clock.timeAt(120)).toBe(1_000_000)
  expect(clock.timeAt(1120)).toBe(1_001_000)
})

test('a reading that agrees with the estimate within the duration of its request does not move the clock', () => {
  const clock = new StoreClock()
  clock.set(1_000_000, 100, 100)
  clock.set(1_001_010, 1100, 1120)
  expect(clock.timeAt(1100)).toBe(1_001_000)
  clock.set(1_002_001, 2100, 2100)
  expect(clock.timeAt(2100)).toBe(1_002_000)
})

test('a clock of the store that jumps moves the clock', () => {
  const clock = new StoreClock()
  clock.set(1_000_000, 100, 100)
  clock.set(4_600_000, 200, 200)
  expect(clock.timeAt(200)).toBe(4_600_000)
  clock.set(1_000_200, 300, 300)
  expect(clock.timeAt(300)).toBe(1_000_200)
})

test('before the first request, the clock is that of the machine', () => {
  expect(Math.abs(new StoreClock().timeAt(performance.now()) - Date.now())).toBeLessThan(1000)
})
