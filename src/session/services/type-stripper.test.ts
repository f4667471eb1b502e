import { afterEach, expect, test, vi } from 'vitest'
import { TypeStripper } from './type-stripper.ts'

const typed = 'const n: number = 1'
const stripped = { type: 'stripped', source: 'const n         = 1' }

afterEach(() => void vi.useRealTimers())

test('a source that times out after five seconds does not affect the next source', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  await using stripper = new TypeStripper()
  const slow = stripper.strip(`const n: number = ${'a ? (b) : c => '.repeat(40)}1`)
  const next = stripper.strip(typed)
  vi.advanceTimersByTime(5000)
  expect(await slow).toEqual({ type: 'not_typescript' })
  expect(await next).toEqual(stripped)
})

test('a suspension of the process does not count toward the timeout of a source', async () => {
  await using stripper = new TypeStripper()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const waiting = stripper.strip(typed)
  // A timer that was due many times during the suspension fires once.
  vi.advanceTimersToNextTimer()
  expect(await waiting).toEqual(stripped)
})

test('a source that crashes the parser does not affect the next source', async () => {
  await using stripper = new TypeStripper()
  const breaking = stripper.strip(`const n: number = ${'('.repeat(50_000)}1${')'.repeat(50_000)}`)
  const next = stripper.strip(typed)
  expect(await breaking).toEqual({ type: 'not_typescript' })
  expect(await next).toEqual(stripped)
})
