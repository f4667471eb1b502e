import { describe } from 'vitest'
import { loggedSessions } from '../session/barriers/logged-session.ts'
import { delayedSessions } from '../session/barriers/delayed-session.ts'
import { sharedHosts } from '../support/hosts.ts'
import { loadCases } from './load-cases.ts'
import { testCases } from './test-cases.ts'

/** Every fifth case. The slow suite runs all of them, several times. */
const cases = loadCases()
  .filter(({ slow }, at) => !slow && at % 5 === 1)
  .map((each) => ({ ...each, rounds: Math.min(each.rounds, 5) }))

describe('conformance in a session log', () => {
  testCases(
    cases.filter((_, at) => at % 2 === 0),
    sharedHosts('in-process'),
    loggedSessions(1),
  )
})

describe('conformance with randomly delayed barriers', () => {
  testCases(cases, sharedHosts('in-process'), delayedSessions(1))
})
