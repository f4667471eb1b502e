import { describe } from 'vitest'
import { sharedHosts } from '../support/hosts.ts'
import type { ConformanceCase } from './case.ts'
import { loadCases } from './load-cases.ts'
import { quickJsDifferences } from './quickjs-differences.ts'
import { testCases } from './test-cases.ts'

/** The slow suite runs all rounds, and the cases that wait for real yield times. */
const cases = loadCases()
  .filter(({ slow }) => !slow)
  .map((each) => ({ ...each, rounds: Math.min(each.rounds, 15) }))

/**
 * Groups in which kinds of hosts may differ: timers, errors of the engine, and tool calls. Of the other groups every
 * tenth case.
 */
const smokeCases = cases.filter(({ id }, at) => at % 10 === 0 || ['CM-E', 'CM-G', 'CM-H'].includes(groupOf(id)))

describe('conformance on host processes', () => testCases(cases, sharedHosts('default')))

describe('conformance on strict host processes', () => testCases(smokeCases, sharedHosts('strict')))

describe('conformance on an in-process host', () => testCases(smokeCases, sharedHosts('in-process')))

/** Errors of the engine, and every fortieth case. */
const quickJsCases = cases.filter(({ id }, at) => at % 40 === 0 || groupOf(id) === 'CM-G')

describe('conformance on QuickJS hosts', () =>
  testCases(quickJsCases, sharedHosts('quickjs'), undefined, quickJsDifferences))

function groupOf(id: ConformanceCase['id']): string {
  return id.slice(0, 'CM-X'.length)
}
