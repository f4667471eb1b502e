import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StartSlots } from './start-slots.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('starts wait for a slot, and a slow start releases its slot', async () => {
  const slots = new StartSlots(2, 1000)
  const started: number[] = []
  const never = new Promise<void>(() => undefined)
  const ends = [Promise.withResolvers<void>(), null, null, null]
  const runs = ends.map((end, index) =>
    slots.run(async () => {
      started.push(index)
      await (end?.promise ?? never)
    }),
  )
  await vi.advanceTimersByTimeAsync(0)
  expect(started).toEqual([0, 1])
  ends[0]?.resolve()
  await runs[0]
  await vi.advanceTimersByTimeAsync(0)
  expect(started).toEqual([0, 1, 2])
  await vi.advanceTimersByTimeAsync(1000)
  expect(started).toEqual([0, 1, 2, 3])
})

test('a failed start releases its slot once', async () => {
  const slots = new StartSlots(1, 1000)
  await expect(slots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  let running = 0
  const start = async (): Promise<void> => {
    running++
    await new Promise<void>(() => undefined)
  }
  void slots.run(start)
  void slots.run(start)
  await vi.advanceTimersByTimeAsync(999)
  expect(running).toBe(1)
})
