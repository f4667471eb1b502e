import { describe } from 'vitest'
import { sharedHosts } from '../support/hosts.ts'
import { loadCases } from './load-cases.ts'
import { quickJsDifferences } from './quickjs-differences.ts'
import { testCases } from './test-cases.ts'

describe.concurrent.each(['default', 'strict', 'in-process'] as const)('conformance on %s hosts', (kind) => {
  testCases(loadCases(), sharedHosts(kind))
})

describe.concurrent.each(['quickjs', 'quickjs-in-process', 'quickjs-strict'] as const)(
  'conformance on %s hosts',
  (kind) => {
    testCases(loadCases(), sharedHosts(kind), undefined, quickJsDifferences)
  },
)
