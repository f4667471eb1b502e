import { describe } from 'vitest'
import { delayedSessions } from '../session/barriers/delayed-session.ts'
import { sharedHosts } from '../support/hosts.ts'
import { loadCases } from './load-cases.ts'
import { testCases } from './test-cases.ts'

/** Every fourth case. The slow suite runs all of them, several times. */
const cases = loadCases()
  .filter(({ slow }, at) => !slow && at % 4 === 1)
  .map((each) => ({ ...each, rounds: Math.min(each.rounds, 5) }))

describe('conformance with randomly delayed barriers', () => {
  testCases(cases, sharedHosts('in-process'), delayedSessions(1))
})
