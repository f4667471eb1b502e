import { expect, test } from 'vitest'
import { SharedBodies } from './shared-bodies.ts'

const copyOf = (text: string): string => Buffer.from(text).toString()

test('share() returns an equal string and remembers at most 64 strings', () => {
  const table = new SharedBodies()
  const long = Array.from({ length: 300 }, (_, n) => `${n}`.padEnd(100, 'x'))
  for (const text of ['', 'short', ...long, ...long]) expect(table.share(copyOf(text))).toBe(text)
  expect(table.size).toBe(64)
})

test('share() remembers only the latest strings', () => {
  const table = new SharedBodies()
  const texts = Array.from({ length: 65 }, (_, n) => `${n}`.padEnd(100, 'x'))
  for (const text of texts) table.share(text)
  expect([table.has(texts[0] ?? ''), table.has(texts[1] ?? ''), table.has(texts[64] ?? '')]).toEqual([
    false,
    true,
    true,
  ])
  expect(table.has('short')).toBe(false)
})
