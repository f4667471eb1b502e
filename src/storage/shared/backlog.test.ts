import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Backlog } from './backlog.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function newBacklog(): { readonly backlog: Backlog; readonly changes: readonly boolean[] } {
  const changes: boolean[] = []
  return { backlog: new Backlog((isLong) => changes.push(isLong)), changes }
}

test('a backlog is long while records of more than 8 MiB wait', () => {
  const { backlog, changes } = newBacklog()
  const [first, second] = [backlog.add(5_000_000), backlog.add(5_000_000)]
  expect(changes).toEqual([true])
  first()
  expect(changes).toEqual([true, false])
  second()
  vi.advanceTimersByTime(60_000)
  expect(changes).toEqual([true, false])
})

test('a backlog is long after 10 s in which nothing was recorded', () => {
  const { backlog, changes } = newBacklog()
  const first = backlog.add(1)
  const second = backlog.add(1)
  vi.advanceTimersByTime(9999)
  first()
  vi.advanceTimersByTime(9999)
  expect(changes).toEqual([])
  vi.advanceTimersByTime(1)
  expect(changes).toEqual([true])
  second()
  expect(changes).toEqual([true, false])
})
