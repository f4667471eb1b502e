import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Readiness, type ReadinessCheck } from './readiness.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const works: ReadinessCheck = { reason: 'first', run: () => Promise.resolve() }
const fails: ReadinessCheck = { reason: 'second', run: () => Promise.reject(new Error('db.internal refused')) }

/** A dependency that does not respond until the test says so. */
function silent(): { readonly check: ReadinessCheck; readonly respond: () => void; readonly runs: () => number } {
  const response = Promise.withResolvers<void>()
  let runs = 0
  const run = (): Promise<void> => {
    runs++
    return response.promise
  }
  return { check: { reason: 'silent', run }, respond: response.resolve, runs: () => runs }
}

test.each([
  { checks: [], expected: null },
  { checks: [works], expected: null },
  { checks: [works, fails], expected: 'second' },
  { checks: [fails, { ...fails, reason: 'third' }], expected: 'second' },
])('the reason is that of the first check that fails, without its error: $expected', async ({ checks, expected }) => {
  expect(await new Readiness(checks).reason()).toBe(expected)
})

test('a check that throws synchronously fails', async () => {
  const run = (): never => {
    throw new TypeError('x')
  }
  expect(await new Readiness([{ reason: 'thrown', run }]).reason()).toBe('thrown')
})

test('a check that does not respond fails, runs once, and succeeds when it has responded', async () => {
  const { check, respond, runs } = silent()
  const readiness = new Readiness([check], { limitMs: 500 })
  for (const _ of [1, 2, 3]) {
    const reason = readiness.reason()
    await vi.advanceTimersByTimeAsync(500)
    expect(await reason).toBe('silent')
    await vi.advanceTimersByTimeAsync(2000)
  }
  expect(runs()).toBe(1)
  respond()
  await vi.advanceTimersByTimeAsync(0)
  expect(await readiness.reason()).toBe(null)
})

test('questions within a second share one run', async () => {
  const run = vi.fn(() => Promise.resolve())
  const readiness = new Readiness([{ reason: 'x', run }])
  await Promise.all(Array.from({ length: 100 }, () => readiness.reason()))
  await vi.advanceTimersByTimeAsync(900)
  await readiness.reason()
  expect(run).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(200)
  await readiness.reason()
  expect(run).toHaveBeenCalledTimes(2)
})
