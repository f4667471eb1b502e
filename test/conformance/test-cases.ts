import { expect, test } from 'vitest'
import type { HostPool } from '../../src/index.ts'
import type { ConformanceCase } from './case.ts'
import { createCodecellAdapter, type OpenSession } from './codecell-adapter.ts'
import { missingCapability, runCase } from './run-case.ts'
import { timeFactorOf } from './time-factor.ts'

const tolerance = { timeFactor: timeFactorOf(process.env) }

/**
 * Declares a test for each case, on the hosts of one pool. They run concurrently, because they mostly wait. The hosts must fail the
 * cases of `differences`.
 */
export function testCases(
  cases: readonly ConformanceCase[],
  hosts: HostPool,
  open?: OpenSession,
  differences?: ReadonlyMap<string, unknown>,
): void {
  const adapter = createCodecellAdapter(hosts, open)
  for (const conformanceCase of cases) {
    const { id, title } = conformanceCase
    const missing = missingCapability(conformanceCase, adapter.provides)
    if (missing !== null) {
      test.skip(`codecell passes case ${id}: ${title} (needs ${missing})`)
      continue
    }
    if (differences?.has(id) === true) {
      test.concurrent(`codecell differs in case ${id}: ${title}`, async () => {
        expect(await runCase(conformanceCase, adapter, tolerance)).toMatchObject({ type: 'failed' })
      })
      continue
    }
    test.concurrent(`codecell passes case ${id}: ${title}`, async () => {
      const result = await runCase(conformanceCase, adapter, tolerance)
      expect(result.type === 'failed' ? result.problem : null).toBeNull()
    })
  }
}
