import { expect, test } from 'vitest'
import { TypeChecker } from '../../src/agent/type-check/type-checker.ts'
import { busySource } from '../session/cell/busy-source.ts'

// The compiler is given up after three seconds.
test('a program that keeps the compiler busy for minutes has no notes', async () => {
  await using checker = new TypeChecker()
  expect(await checker.check({ declarations: '', source: busySource, isTypeScript: true })).toEqual([])
  expect(checker.isAvailable).toBe(false)
})
