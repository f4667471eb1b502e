import { test } from 'vitest'
import { expectSameWhenRestored } from './snapshot-programs.ts'

test('programs do the same when they are restored between all commands, and end with the same memory', () => {
  expectSameWhenRestored(200)
})
