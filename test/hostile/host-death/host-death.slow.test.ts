import { describe, test } from 'vitest'
import { deaths } from './host-deaths.ts'
import { disposeAfterRevivals, leftovers } from './host-leftovers.ts'
import { profiles } from '../hosts-under-test.ts'
import { testDeath } from './test-death.ts'

// What a signal does differs by whether it can be handled, and whether it looks like a crash.
const signals = { default: ['SIGKILL', 'SIGTERM', 'SIGSEGV'], strict: ['SIGKILL', 'SIGABRT'] } as const

describe.runIf(process.platform === 'linux').each(profiles)('a %s host that dies', (profile) => {
  const { fiveInARow: _fewer, twentyInARow, byCrash, terminateWhenStopped, replaceWhenStopped, ...killed } = deaths
  // No signal from outside ends these hosts, or twenty deaths take long.
  const others = [twentyInARow, byCrash, terminateWhenStopped, replaceWhenStopped]
  testDeath([
    ...signals[profile].flatMap((signal) => Object.values(killed).map((death) => [profile, signal, death] as const)),
    ...others.map((death) => [profile, 'SIGKILL', death] as const),
  ])
})

describe.runIf(process.platform === 'linux').each(profiles)(
  'a process that disposes of a pool of %s hosts',
  (profile) => {
    test.each(leftovers)('a process that %s leaves no host behind', async (_what, play) => await play(profile))

    test('a process that revives many cells leaves no host behind', async () => await disposeAfterRevivals(profile, 12))
  },
)
