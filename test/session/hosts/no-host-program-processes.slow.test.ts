import { test } from 'vitest'
import { testMissingProgram } from './missing-program.ts'

test.runIf(process.platform === 'linux').each([
  { profile: 'default', state: 'on a host' },
  { profile: 'strict', state: 'evicted' },
] as const)(
  'a durable cell that was $state, in the $profile profile, waits while the program of its hosts is missing',
  testMissingProgram,
)
