import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { breaks, changes } from './breaks.ts'

test.each(breaks)('the protection "%s" that the campaign takes out is in the sources once', (name) => {
  const { file, from, to } = changes[name]
  expect(readFileSync(file, 'utf8').split(from)).toHaveLength(2)
  expect(to).not.toBe(from)
})
