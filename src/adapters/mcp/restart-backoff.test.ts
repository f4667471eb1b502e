import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RestartBackoff } from './restart-backoff.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

function delaysOf(backoff: RestartBackoff, count: number): number[] {
  return Array.from({ length: count }, () => backoff.nextAttemptAt() - Date.now())
}

test('the delays double up to a minute and never end', () => {
  const backoff = new RestartBackoff(500)
  expect(delaysOf(backoff, 9)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  expect(delaysOf(backoff, 5000).at(-1)).toBe(60_000)
})

test('a server that was healthy for a minute starts from the shortest delay, and one that exits early does not', () => {
  const backoff = new RestartBackoff(500)
  expect(delaysOf(backoff, 3)).toEqual([500, 1000, 2000])
  backoff.onReady()
  vi.setSystemTime(Date.now() + 59_000)
  expect(delaysOf(backoff, 1)).toEqual([4000])
  backoff.onReady()
  vi.setSystemTime(Date.now() + 60_000)
  expect(delaysOf(backoff, 2)).toEqual([500, 1000])
})

test('a call shortens a long delay to five seconds after the loss', () => {
  const backoff = new RestartBackoff(20_000)
  const next = backoff.nextAttemptAt()
  expect(backoff.hastened(next) - Date.now()).toBe(5000)
  expect(new RestartBackoff(500).nextAttemptAt() - Date.now()).toBe(500)
})

test('a server delays the next attempt with retry-after, at most by ten minutes, and a call does not shorten this time', () => {
  const backoff = new RestartBackoff(500)
  const next = backoff.nextAttemptAt(30_000)
  expect(next - Date.now()).toBe(30_000)
  expect(backoff.hastened(next)).toBe(next)
  expect(backoff.nextAttemptAt(86_400_000) - Date.now()).toBe(600_000)
  expect(backoff.nextAttemptAt(1) - Date.now()).toBe(2000)
})
