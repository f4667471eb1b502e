import { describe, test } from 'vitest'
import { deaths } from './host-deaths.ts'
import { disposeAfterRevivals, leftovers } from './host-leftovers.ts'
import { profiles } from '../hosts-under-test.ts'
import { testDeath } from './test-death.ts'

// Signals differ in whether a process can handle them and whether they look like a crash.
const signals = { default: ['SIGKILL', 'SIGTERM', 'SIGSEGV'], strict: ['SIGKILL', 'SIGABRT'] } as const

describe.runIf(process.platform === 'linux').each(profiles)('a %s host that dies', (profile) => {
  const { fiveInARow: _fewer, twentyInARow, byCrash, terminateWhenStopped, replaceWhenStopped, ...killed } = deaths
  // One signal is enough: these hosts do not die by the signal, or die twenty times.
  const others = [twentyInARow, byCrash, terminateWhenStopped, replaceWhenStopped]
  testDeath([
    ...signals[profile].flatMap((signal) => Object.values(killed).map((death) => [profile, signal, death] as const)),
    ...others.map((death) => [profile, 'SIGKILL', death] as const),
  ])
})

describe.runIf(process.platform === 'linux').each(profiles)(
  'a process that disposes of a pool of %s hosts',
  (profile) => {
    test.each(leftovers)('a process that %s leaves no host behind', async (_name, play) => await play(profile))

    test('a process that revives many cells leaves no host behind', async () => await disposeAfterRevivals(profile, 12))
  },
)
