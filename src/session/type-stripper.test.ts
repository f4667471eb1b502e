import { afterEach, expect, test, vi } from 'vitest'
import { TypeStripper } from './type-stripper.ts'

const typed = 'const n: number = 1'
const stripped = { type: 'stripped', source: 'const n         = 1' }

afterEach(() => void vi.useRealTimers())

test('a source that takes more than five seconds does not take TypeScript from the one behind it', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  await using stripper = new TypeStripper()
  const slow = stripper.strip(`const n: number = ${'a ? (b) : c => '.repeat(40)}1`)
  const behind = stripper.strip(typed)
  vi.advanceTimersByTime(5000)
  expect(await slow).toEqual({ type: 'not_typescript' })
  expect(await behind).toEqual(stripped)
})

test('a process that stood still takes no time from a source', async () => {
  await using stripper = new TypeStripper()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const waiting = stripper.strip(typed)
  // A timer that was due many times during the stop fires once.
  vi.advanceTimersToNextTimer()
  expect(await waiting).toEqual(stripped)
})

test('a source that breaks the parser does not take TypeScript from the one behind it', async () => {
  await using stripper = new TypeStripper()
  const breaking = stripper.strip(`const n: number = ${'('.repeat(50_000)}1${')'.repeat(50_000)}`)
  const behind = stripper.strip(typed)
  expect(await breaking).toEqual({ type: 'not_typescript' })
  expect(await behind).toEqual(stripped)
})
