import { afterAll, describe, expect, test } from 'vitest'
import { inProcessHostPool } from '../../src/in-process.ts'
import { createHostPool, type HostPool } from '../../src/index.ts'
import type { ConformanceCase } from './case.ts'
import { createCodecellAdapter } from './codecell-adapter.ts'
import { loadCases } from './load-cases.ts'
import { missingCapability, runCase } from './run-case.ts'
import { isTimed } from './stretch.ts'
import { timeFactorOf } from './time-factor.ts'

const hostKinds: readonly [kind: string, createHosts: () => HostPool][] = [
  ['host processes', () => createHostPool()],
  ['strict host processes', () => createHostPool({ profile: 'strict' })],
  ['a host in this process', () => inProcessHostPool()],
]

const tolerance = { timeFactor: timeFactorOf(process.env) }
const runSlow = process.env['CONFORMANCE_SLOW'] === '1'

describe.each(hostKinds)('codecell on %s', (_kind, createHosts) => {
  const adapter = createCodecellAdapter(createHosts)
  afterAll(() => adapter[Symbol.asyncDispose]())

  function reasonToSkip(conformanceCase: ConformanceCase): string | null {
    const missing = missingCapability(conformanceCase, adapter.provides)
    if (missing !== null) return `needs ${missing}`
    return conformanceCase.slow && !runSlow ? 'slow: set CONFORMANCE_SLOW=1' : null
  }

  for (const conformanceCase of loadCases()) {
    const name = `${conformanceCase.id} ${conformanceCase.title}`
    const reason = reasonToSkip(conformanceCase)
    const options = { timeout: 120_000, concurrent: !runsAlone(conformanceCase) }
    if (reason !== null) test.skip(`${name} (${reason})`)
    else {
      test(name, options, async () => {
        const { type, ...details } = await runCase(conformanceCase, adapter, tolerance)
        expect({ type, problem: 'problem' in details ? details.problem : null }).toEqual({
          type: 'passed',
          problem: null,
        })
      })
    }
  }
})

/** Cases that measure or race time run one after another. */
function runsAlone(conformanceCase: ConformanceCase): boolean {
  const demands = conformanceCase.variants.flat()
  return isTimed(conformanceCase) || demands.some((demand) => demand?.has('minMs') || demand?.has('maxMs'))
}
