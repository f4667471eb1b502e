import { test } from 'vitest'
import { expectReadableAfterKill } from '../recorder/recording-process.ts'

test.each([1, 2, 3, 5, 8, 13, 21, 34])(
  'a process that is killed after %i cells leaves a readable bundle',
  expectReadableAfterKill,
)
