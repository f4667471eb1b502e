import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ToolFollower } from './tool-follower.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const listing = { tools: [], warnings: [] }

test('a listing that fails is tried again without end, at least once a minute, until it succeeds', async () => {
  let attempts = 0
  let isBroken = true
  let listings = 0
  const list = async (): Promise<typeof listing> => {
    attempts++
    if (isBroken) throw new Error('busy')
    return await Promise.resolve(listing)
  }
  const follower = new ToolFollower(
    list,
    () => true,
    () => listings++,
  )
  void follower.onChange()
  await vi.advanceTimersByTimeAsync(250 + 1000 + 5000 + 30_000 + 10 * 60_000)
  expect([attempts, listings]).toEqual([15, 0])
  isBroken = false
  await vi.advanceTimersByTimeAsync(60_000)
  expect([attempts, listings]).toEqual([16, 1])
  await vi.advanceTimersByTimeAsync(600_000)
  expect(attempts).toBe(16)
})

test('changes during a listing are listed once', async () => {
  let attempts = 0
  const first = Promise.withResolvers<typeof listing>()
  const list = (): Promise<typeof listing> => (attempts++ === 0 ? first.promise : Promise.resolve(listing))
  const follower = new ToolFollower(
    list,
    () => true,
    () => undefined,
  )
  for (let change = 0; change < 5; change++) void follower.onChange()
  first.resolve(listing)
  await vi.advanceTimersByTimeAsync(1000)
  expect(attempts).toBe(2)
})

test('a link that is not current is not listed again', async () => {
  let attempts = 0
  let isCurrent = true
  const list = (): Promise<typeof listing> => {
    attempts++
    return Promise.reject(new Error('lost'))
  }
  void new ToolFollower(
    list,
    () => isCurrent,
    () => undefined,
  ).onChange()
  await vi.advanceTimersByTimeAsync(0)
  isCurrent = false
  await vi.advanceTimersByTimeAsync(600_000)
  expect(attempts).toBe(1)
})
