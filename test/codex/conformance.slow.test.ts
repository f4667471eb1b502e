import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createReferenceAdapter } from '../../scripts/reference/reference-adapter.ts'
import type { Adapter } from '../conformance/adapter.ts'
import type { ConformanceCase } from '../conformance/case.ts'
import { loadCases } from '../conformance/load-cases.ts'
import { missingCapability, runCase } from '../conformance/run-case.ts'
import { isTimed } from '../conformance/stretch.ts'
import { timeFactorOf } from '../conformance/time-factor.ts'
import { InstalledHost } from './installed-host.ts'

const tolerance = { timeFactor: timeFactorOf(process.env) }

/** Number of rows in which the rounds of one case run concurrently. */
const rows = 6

/** A host that is slow to close a session is not killed, because all cases use it. In milliseconds. */
const closeMs = 60_000

describe.skipIf(process.platform === 'win32')('codecell codex-host', () => {
  const installed = new InstalledHost()
  const adapter: Adapter = createReferenceAdapter(installed.path('out', 'codex-code-mode-host'), { closeMs })
  beforeAll(async () => {
    const codex = installed.write('native/codex')
    installed.write('native/codex-code-mode-host')
    installed.install('out', codex)
    // All cases share this host.
    await adapter.functions.get('normalizeName')?.('x')
  })
  afterAll(async () => {
    await adapter[Symbol.asyncDispose]()
    installed[Symbol.dispose]()
  })

  const cases = loadCases().filter((each) => missingCapability(each, adapter.provides) === null && !each.slow)
  // Cases that wait do not compete with cases that compute.
  const timed = Map.groupBy(cases, isTimed)
  describe.each([
    ['computes', timed.get(false) ?? []],
    ['waits', timed.get(true) ?? []],
  ])('in a case that %s', (_, some) => {
    test.concurrent.each(some)('behaves like the reference: $id $title', async (conformanceCase) => {
      const problems = await Promise.all(inRows(conformanceCase).map(problemOf))
      expect(problems.filter((problem) => problem !== null)).toEqual([])
    })
  })

  async function problemOf(conformanceCase: ConformanceCase): Promise<string | null> {
    const result = await runCase(conformanceCase, adapter, tolerance)
    return result.type === 'passed' ? null : result.problem
  }
})

function inRows(conformanceCase: ConformanceCase): readonly ConformanceCase[] {
  const { rounds } = conformanceCase
  if (rounds === 1) return [conformanceCase]
  return Array.from({ length: rows }, () => ({ ...conformanceCase, rounds: Math.ceil(rounds / rows) }))
}
