import { describe } from 'vitest'
import { loggedSessions } from '../session/barriers/logged-session.ts'
import { delayedSessions } from '../session/barriers/delayed-session.ts'
import { sharedHosts } from '../support/hosts.ts'
import { loadCases } from './load-cases.ts'
import { testCases } from './test-cases.ts'

describe.each([1, 2, 3])('conformance with randomly delayed barriers, seed %i', (seed) => {
  testCases(loadCases(), sharedHosts(seed === 1 ? 'default' : 'in-process'), delayedSessions(seed))
})

describe('conformance in a session log', () => {
  // A stored session that is closed leaves its cells to the next owner.
  const cases = loadCases().filter(({ steps }) => steps.every((step) => step.do !== 'shutdown'))
  testCases(cases, sharedHosts('in-process'), loggedSessions(1))
})
