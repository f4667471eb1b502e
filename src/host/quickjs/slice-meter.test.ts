import { afterEach, expect, test, vi } from 'vitest'
import { SliceMeter } from './slice-meter.ts'

afterEach(() => vi.restoreAllMocks())

test('slices end after a number of checks when the clock stands still, as on edge platforms', () => {
  vi.spyOn(performance, 'now').mockReturnValue(1000)
  const meter = new SliceMeter()
  meter.limits = { cpuMs: 10, stallMs: 60_000 }
  meter.begin()
  const checks = Array.from({ length: 250 }, () => meter.check())
  expect(checks.findIndex((exceeded) => exceeded !== null)).toBe(200)
  expect(checks.at(-1)).toMatchObject({ limit: 'cpu_ms' })
})

test('the time of all slices counts, and the time between them does not', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0)
  const meter = new SliceMeter()
  meter.limits = { cpuMs: 100, stallMs: 30 }
  meter.begin()
  now.mockReturnValue(20)
  expect(meter.check()).toBeNull()
  meter.end()
  expect(meter.usedMs).toBe(20)
  now.mockReturnValue(1000)
  meter.begin()
  now.mockReturnValue(1025)
  meter.onActivity()
  now.mockReturnValue(1050)
  expect(meter.check()).toBeNull()
  now.mockReturnValue(1056)
  expect(meter.check()).toEqual({ limit: 'stall_ms', observed: 31 })
  expect(meter.usedMs).toBe(76)
  now.mockReturnValue(1090)
  expect(meter.check()).toEqual({ limit: 'cpu_ms', observed: 110 })
})
